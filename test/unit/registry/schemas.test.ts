/** The schemas of values against a registry of this process: one that answers, is away, refuses, or does not know. */
import assert from 'node:assert/strict';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { loadBinding, type SchemaPort } from '../../../src/decode/binding.ts';
import { openSchemas, type SchemaReader } from '../../../src/registry/open-schemas.ts';
import type { Schemas } from '../../../src/registry/schemas.ts';
import type { RequestShape } from '../../../src/request-shape.ts';

const SECRET = 'ocelot-7';
const ID = Buffer.from([0, 0, 0, 1, 2]);
const request: RequestShape = {
  ...{
    format: 'auto',
    envelope: 'none',
    text: ['/text'],
    id: '',
    timestamp: '',
    priority: '',
    strict: false,
  },
};
const record = (name: string, type: unknown) =>
  JSON.stringify({ type: 'record', name, fields: [{ name: 'text', type }] });

type Answer = readonly [status: number, body: unknown];

async function parts(
  t: TestContext,
  answer: (path: string, call: IncomingMessage) => Answer,
  unknownMs = 50,
) {
  const calls: IncomingMessage[] = [];
  const server = createServer((call, response) => {
    calls.push(call);
    const [status, body] = answer(call.url ?? '', call);
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const seen: string[] = [];
  const programs = new Map<string, number[]>();
  const target: SchemaPort = {
    setSchema: (id, format, refusal) => programs.set(Buffer.from(id).toString('hex'), [format, refusal]),
    removeSchema: (id) => programs.delete(Buffer.from(id).toString('hex')),
  };
  const config = {
    request,
    result: { include: {} },
    schema_registry: { url: `http://127.0.0.1:${port}/api/`, username: 'reader', password: SECRET },
  };
  const observer = {
    onTrouble: ({ message }: Error) => seen.push(`trouble: ${message}`),
    onAnswer: () => seen.push('answer'),
    onRefused: (schema: string, reason: string) => seen.push(`refused ${schema}: ${reason}`),
  };
  const schemas = openSchemas(config, [{ request, port: target }], observer, unknownMs);
  assert.ok(schemas !== undefined);
  t.after(() => {
    schemas.close();
    server.close();
    server.closeAllConnections();
  });
  /** The same for topics of other shapes beside it. */
  const others = (readers: readonly SchemaReader[]) =>
    openSchemas(config, [{ request, port: target }, ...readers], observer, unknownMs) as Schemas;
  return { schemas, seen, programs, calls, others };
}

test('a schema is fetched once, with what it refers to, as the user of the configuration', async (t) => {
  const schema = (text: string, ...references: string[]) => ({
    schema: text,
    references: references.map((subject) => ({ name: subject, subject, version: 1 })),
  });
  const { schemas, programs, calls, seen } = await parts(t, (path) => {
    if (path === '/api/schemas/ids/258') return [200, schema(record('A', 'B'), 'b/1')];
    if (path === '/api/subjects/b%2F1/versions/1') return [200, schema(record('B', 'C'), 'c')];
    return path === '/api/subjects/c/versions/1' ? [200, schema(record('C', 'string'))] : [500, ''];
  });
  await Promise.all([schemas.want(ID), schemas.want(ID)]);
  assert.deepEqual([...programs], [['0000000102', [1, 0]]]);
  assert.equal(calls.length, 3);
  const basic = `Basic ${Buffer.from(`reader:${SECRET}`).toString('base64')}`;
  assert.ok(calls.every(({ headers }) => headers.authorization === basic));
  assert.deepEqual(seen, []);
});

test('a schema is fetched once for topics of different shapes, and each shape gets a program of its own', async (t) => {
  const { seen, programs, calls, others } = await parts(t, () => [200, { schema: record('A', 'string') }]);
  const refused = new Map<string, number>();
  const port: SchemaPort = {
    setSchema: (id, format, why) => refused.set(`${Buffer.from(id).toString('hex')} ${format}`, why),
    removeSchema: () => undefined,
  };
  await others([{ request: { ...request, format: 'protobuf' }, port }]).want(ID);
  assert.deepEqual([...programs], [['0000000102', [1, 0]]]);
  assert.deepEqual([...refused], [['0000000102 3', loadBinding().schemaStatus.kind]]);
  assert.equal(calls.length, 1);
  assert.deepEqual(seen, []);
});

test('a header with a GUID is asked for by it', async (t) => {
  const guid = '00112233-4455-6677-8899-aabbccddeeff';
  const { schemas, programs } = await parts(t, (path) =>
    path === `/api/schemas/guids/${guid}`
      ? [200, { schema: record('A', 'string'), schemaType: 'AVRO' }]
      : [404, {}],
  );
  await schemas.want(Buffer.from(`01${guid.replaceAll('-', '')}`, 'hex'));
  assert.deepEqual([...programs.values()], [[1, 0]]);
});

test('a registry that has no path for GUIDs does not know them', async (t) => {
  const { schemas, seen } = await parts(t, (path) => (path === '/api/subjects' ? [200, []] : [404, {}]));
  await schemas.want(Buffer.from(`01${'00'.repeat(16)}`, 'hex'));
  assert.deepEqual(seen, ['refused 00000000-0000-0000-0000-000000000000: The registry does not know it.']);
});

test('a registry that is away or refuses us is asked again, and said to be so once', async (t) => {
  const answers: Answer[] = [
    [503, 'later'],
    [401, { message: SECRET }],
    [200, '<html>'],
    [404, { error_code: 404 }],
    [404, { error_code: 40403 }],
    [200, { schema: record('A', 'string') }],
  ];
  const { schemas, seen, programs } = await parts(t, () => answers.shift() as Answer, 60_000);
  const wanted = schemas.want(ID);
  const troubles = new Set<string | undefined>();
  const settled = wanted.then(() => true);
  while (!(await Promise.race([settled, new Promise((resolve) => setTimeout(resolve, 5))])))
    troubles.add(schemas.trouble);
  assert.ok(troubles.has('The Schema Registry has no answer. It answers with status 503.'));
  assert.ok(troubles.has('The Schema Registry has no answer. It refuses the user or token (status 401).'));
  assert.ok(
    troubles.has(
      'The Schema Registry has no answer. There is no registry at this path (status 404); see schema_registry.url.',
    ),
  );
  assert.ok(troubles.has('The Schema Registry does not know schema 258.'));
  assert.equal(schemas.trouble, undefined);
  assert.deepEqual(seen, ['trouble: It answers with status 503.', 'answer']);
  assert.deepEqual([...programs.values()], [[1, 0]]);
  assert.ok(!JSON.stringify([seen, ...troubles]).includes(SECRET), 'no secret is said');
});

test('an id that stays unknown, and a schema that cannot be read, refuse their values', async (t) => {
  const { schemas, seen, programs } = await parts(t, (path) =>
    path.endsWith('/7') ? [200, { schema: '{"type":"record"}' }] : [404, { error_code: 40403 }],
  );
  await schemas.want(ID);
  await schemas.want(Buffer.from([0, 0, 0, 0, 7]));
  assert.deepEqual(seen, [
    'refused 258: The registry does not know it.',
    'refused 7: It lacks a list of fields or symbols.',
  ]);
  assert.ok([...programs.values()].every(([format, refusal]) => format === 3 && refusal !== 0));
  assert.equal(schemas.trouble, undefined);
});

test('no schema, however odd, does more than refuse its values', async (t) => {
  const odd: readonly Answer[] = [
    [200, { schema: `${'{"type":"array","items":'.repeat(200_000)}"int"${'}'.repeat(200_000)}` }],
    [200, { schema: '[]' }],
    [200, { schema: '{"type":"record","name":"a","fields":{"length":1e9}}' }],
    [200, { schema: `message A {${'message B {'.repeat(20_000)}`, schemaType: 'PROTOBUF' }],
    [200, { schema: 'syntax = "proto3"; message A { Missing text = 1; }', schemaType: 'PROTOBUF' }],
  ];
  for (const answer of odd) {
    const { schemas, seen, programs } = await parts(t, () => answer);
    await schemas.want(ID);
    assert.deepEqual([seen.length, programs.size], [1, 1], JSON.stringify(answer).slice(0, 80));
    assert.match(seen[0] ?? '', /^refused 258: /);
  }
});

test('closing ends what is being asked for', async (t) => {
  const { schemas, programs } = await parts(t, () => [503, '']);
  const wanted = schemas.want(ID);
  schemas.close();
  await wanted;
  assert.equal(programs.size, 0);
});
