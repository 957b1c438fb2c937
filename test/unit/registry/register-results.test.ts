/** What a registry can answer at the start. The server is real, its answers are those of Confluent's. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { KubesentimentError } from '../../../src/errors.ts';
import { findResults, registerResults } from '../../../src/registry/register-results.ts';
import { resultReader } from '../../../src/registry/result-reader.ts';
import { resultSchemas } from '../../../src/registry/result-schemas.ts';
import { resultSchemasMarkdown } from '../../../src/registry/result-schemas-markdown.ts';
import type { ResultFormat } from '../../../src/request-shape.ts';
import { root } from '../../helpers/paths.ts';

type Answers = Readonly<Record<string, readonly (readonly [status: number, body: unknown])[]>>;

const noSubject = [404, { error_code: 40401, message: 'Subject not found' }] as const;
const find = 'POST /subjects/a%2Fb-value';
const register = `${find}/versions`;
const check = 'POST /compatibility/subjects/a%2Fb-value/versions/latest';
const topics = ['a/b'];

/** Gives each call the next of its answers, the last one again and again; anything else is an error of the test. */
async function serve(t: TestContext, answers: Answers, format: ResultFormat = 'avro') {
  const calls: string[] = [];
  const bodies: unknown[] = [];
  const server = createServer(async (request, response) => {
    const call = `${request.method} ${request.url}`;
    const list = answers[call] ?? [[500, 'unexpected']];
    const [status, body] = list[Math.min(calls.filter((each) => each === call).length, list.length - 1)] as [
      number,
      unknown,
    ];
    calls.push(call);
    const chunks = await request.toArray();
    if (chunks.length > 0) bodies.push(JSON.parse(Buffer.concat(chunks).toString()));
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const config = { result: { format }, schema_registry: { url } };
  const troubles: string[] = [];
  const run = (waitMs?: number) =>
    registerResults(config, topics, {
      onTrouble: ({ message }) => troubles.push(message),
      ...(waitMs === undefined ? {} : { waitMs }),
    });
  return { config, calls, bodies, troubles, run };
}

async function failureOf(run: Promise<unknown>): Promise<KubesentimentError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof KubesentimentError, String(error));
  return error;
}

test('a schema that is there is not registered again, which would need a right to write', async (t) => {
  const { run, calls, bodies } = await serve(t, { [find]: [[200, { id: 7, version: 2 }]] });
  assert.deepEqual([...((await run()) ?? [])], [['a/b', 7]]);
  assert.deepEqual(calls, [find]);
  assert.deepEqual(bodies, [{ schema: resultSchemas.avro.text, schemaType: 'AVRO' }]);
});

test('one that is missing is registered, also by a user who may not look', async (t) => {
  for (const first of [noSubject, [404, { error_code: 40403 }], [403, { error_code: 40301 }]] as const) {
    const { run, calls } = await serve(t, { [find]: [first], [register]: [[200, { id: 9 }]] }, 'protobuf');
    assert.deepEqual([...((await run()) ?? [])], [['a/b', 9]]);
    assert.deepEqual(calls, [find, register]);
  }
});

test('what the registry will not take ends the start at once, with what to do', async (t) => {
  const cases: [status: number, body: unknown, remedy: RegExp, message: RegExp][] = [
    [403, { error_code: 40301, message: 'denied' }, /Grant the user the right/, /refuses the user/],
    [401, 'no', /Grant the user the right/, /status 401/],
    [409, { error_code: 409, message: 'too different' }, /choose another topic/, /status 409: too different/],
    [422, { error_code: 42201, message: 'no Protobuf here' }, /another topic/, /no Protobuf here/],
  ];
  for (const [status, body, remedy, message] of cases) {
    const { run, troubles } = await serve(t, { [find]: [noSubject], [register]: [[status, body]] });
    const error = await failureOf(run());
    assert.equal(error.code, 'KS_SCHEMA_REFUSED');
    assert.match(error.message, message);
    assert.match(error.message, /the subject "a\/b-value"/);
    assert.match(error.remedy ?? '', remedy);
    assert.deepEqual(troubles, []);
  }
});

test('a registry that is away is asked again, and said to be away once; then the start fails', async (t) => {
  const ill = [503, 'later'] as const;
  const back = await serve(t, { [find]: [ill, ill, [200, { id: 3 }]] });
  assert.deepEqual([...((await back.run()) ?? [])], [['a/b', 3]]);
  assert.deepEqual(back.troubles, ['It answers with status 503.']);
  for (const answer of [
    ill,
    [404, 'nothing here'],
    [200, 'no JSON'],
    [200, { id: 'x' }],
    [429, ''],
  ] as const) {
    const { run, config } = await serve(t, { [find]: [answer] });
    const error = await failureOf(run(0));
    assert.equal(error.code, 'KS_REGISTRY_UNREACHABLE');
    assert.ok(error.message.includes(config.schema_registry.url));
    await assert.rejects(findResults(config, topics), { code: 'KS_REGISTRY_UNREACHABLE' });
  }
});

test('a signal ends the wait at once, between two questions and in the middle of one', async (t) => {
  const reason = new KubesentimentError('KS_STATE', 'It was stopped.');
  const away = await serve(t, { [find]: [[503, 'later']] });
  const silent = createServer(() => undefined);
  await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
  t.after(() => silent.closeAllConnections());
  t.after(() => silent.close());
  const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
  for (const config of [away.config, { ...away.config, schema_registry: { url } }]) {
    const end = new AbortController();
    const run = registerResults(config, topics, { onTrouble: () => end.abort(reason), signal: end.signal });
    if (config !== away.config) silent.once('request', () => end.abort(reason));
    assert.equal(await failureOf(run), reason);
  }
});

test('results without a schema ask nobody', async (t) => {
  const { run, calls } = await serve(t, {}, 'json');
  assert.equal(await run(), undefined);
  assert.deepEqual(calls, []);
});

test('doctor sees what a start would find, and registers nothing', async (t) => {
  const subject = 'a/b-value';
  const there = await serve(t, { [find]: [[200, { id: 7 }]] });
  assert.deepEqual(await findResults(there.config, topics), [{ subject, id: 7, isTaken: true }]);
  const missing = (answer: readonly [number, unknown]) =>
    serve(t, { [find]: [noSubject], [check]: [answer] });
  for (const [answer, isTaken] of [
    [noSubject, true],
    [[200, { is_compatible: true }], true],
    [[200, { is_compatible: false }], false],
  ] as const) {
    const { config, calls } = await missing(answer);
    assert.deepEqual(await findResults(config, topics), [{ subject, id: undefined, isTaken }]);
    assert.deepEqual(calls, [find, check]);
  }
});

test('results are read with every schema that the subject has had; JSON from before stays readable', async (t) => {
  const versions = 'GET /subjects/a%2Fb-value/versions';
  const { config } = await serve(t, {
    [`${versions}?deleted=true`]: [[200, [1, 3]]],
    [`${versions}/1?deleted=true`]: [[200, { id: 4, schema: '"int"' }]],
    [`${versions}/3?deleted=true`]: [[200, { id: 8, schema: '{}', schemaType: 'JSON' }]],
  });
  const read = await resultReader(config, topics);
  assert.equal(read(Buffer.from([0, 0, 0, 0, 4, 6])), 3);
  assert.deepEqual(read(Buffer.from('\0\0\0\0\x08{"a":1}')), { a: 1 });
  assert.deepEqual(read(Buffer.from('{"b":2}')), { b: 2 });
  assert.throws(() => read(Buffer.from([0, 0, 0, 0, 4])), RangeError);
  assert.throws(() => read(Buffer.from([0, 0, 0, 0, 5, 1])), { code: 'KS_USAGE' });
  assert.throws(() => read(Buffer.from([0, 0])), SyntaxError);
});

test('docs/result-schemas.md is up to date (npm run docs)', () => {
  assert.equal(readFileSync(join(root, 'docs/result-schemas.md'), 'utf8'), resultSchemasMarkdown());
});
