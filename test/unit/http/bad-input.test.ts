import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { KubesentimentError } from '../../../src/errors.ts';
import type { LogEvent } from '../../../src/log-events.ts';
import { fakeView, postJson, sendRaw, startServer } from './fixture.ts';

const path = '/api/v1/predict';

test('a body that is not a valid prediction request is rejected with a reason', async (t) => {
  const { call } = await startServer(t, fakeView({ predict: () => assert.fail('reached the model') }));
  const cases: [string, number, string][] = [
    ['', 400, 'HTTP_INVALID_JSON'],
    ['{', 400, 'HTTP_INVALID_JSON'],
    ['{"text":"a"} x', 400, 'HTTP_INVALID_JSON'],
    ['{"__proto__":{"text":"a"}}', 400, 'HTTP_INVALID_JSON'],
    ['null', 400, 'HTTP_INVALID_REQUEST'],
    ['"text"', 400, 'HTTP_INVALID_REQUEST'],
    ['["a"]', 400, 'HTTP_INVALID_REQUEST'],
    ['{}', 400, 'HTTP_INVALID_REQUEST'],
    ['{"text":5}', 400, 'HTTP_INVALID_REQUEST'],
    ['{"text":null}', 400, 'HTTP_INVALID_REQUEST'],
    ['{"text":["a"]}', 400, 'HTTP_INVALID_REQUEST'],
    ['{"texts":"a"}', 400, 'HTTP_INVALID_REQUEST'],
    ['{"texts":["a",1]}', 400, 'HTTP_INVALID_REQUEST'],
    ['{"texts":{"length":1,"0":"a"}}', 400, 'HTTP_INVALID_REQUEST'],
    ['{"text":"a","texts":["b"]}', 400, 'HTTP_INVALID_REQUEST'],
    ['{"text":"a","txet":"b"}', 400, 'HTTP_INVALID_REQUEST'],
    [JSON.stringify({ texts: Array(1001).fill('a') }), 400, 'HTTP_INVALID_REQUEST'],
    ['['.repeat(500_000), 400, 'HTTP_INVALID_JSON'],
    ['['.repeat(250_000) + ']'.repeat(250_000), 400, 'HTTP_INVALID_JSON'],
    [`{"text":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 400, 'HTTP_INVALID_JSON'],
    [JSON.stringify({ text: 'x'.repeat(1024 * 1024) }), 413, 'HTTP_BODY_TOO_LARGE'],
  ];
  for (const [body, status, code] of cases) {
    const response = await call(path, postJson(body));
    assert.deepEqual([response.status, response.json.error.code], [status, code], body.slice(0, 60));
    assert.ok(response.json.error.message.length > 10);
    assert.ok(response.body.length < 400, 'the body is not echoed');
  }
});

test('a thousand texts are accepted, and a body of exactly the maximum size', async (t) => {
  const { call } = await startServer(t, fakeView());
  const thousand = await call(path, postJson({ texts: Array(1000).fill('a') }));
  assert.equal(thousand.json.predictions.length, 1000);
  const overhead = '{"text":""}'.length;
  assert.equal((await call(path, postJson({ text: 'x'.repeat(1024 * 1024 - overhead) }))).status, 200);
});

test('only JSON is accepted, so that a form on another site cannot post', async (t) => {
  const { call } = await startServer(t, fakeView({ predict: () => assert.fail('reached the model') }));
  for (const type of ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x']) {
    const { status, json } = await call(path, postJson({ text: 'a' }, { 'content-type': type }));
    assert.deepEqual([status, json.error.code], [415, 'HTTP_UNSUPPORTED_MEDIA_TYPE'], type);
  }
});

test('an unknown path is a 404, a known path with another method a 405 with Allow', async (t) => {
  const { call } = await startServer(t, fakeView());
  const unknown = await call('/etc/passwd');
  assert.deepEqual([unknown.status, unknown.json.error.code], [404, 'HTTP_NOT_FOUND']);
  const wrong = await call(`${path}?x=1`);
  assert.deepEqual([wrong.status, wrong.json.error.code], [405, 'HTTP_METHOD_NOT_ALLOWED']);
  assert.equal(wrong.headers['allow'], 'POST');
  assert.equal((await call('/metrics', { method: 'DELETE' })).headers['allow'], 'GET');
});

test('malformed HTTP gets a 4xx and the server keeps running', async (t) => {
  const { call, port } = await startServer(t, fakeView());
  assert.match(await sendRaw(port, 'NONSENSE\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(
    await sendRaw(port, `GET /livez HTTP/1.1\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`),
    /^HTTP\/1\.1 431 /,
  );
  const badUrl = await call('/%zz');
  assert.deepEqual([badUrl.status, badUrl.json.error.code], [400, 'HTTP_INVALID_REQUEST']);
  assert.equal((await call('/livez')).status, 200);
});

test('our own errors keep their code, and an unexpected one tells the client nothing', async (t) => {
  const logged: [LogEvent, unknown][] = [];
  const ignore = () => undefined;
  const error = (event: LogEvent, _fields: unknown, cause: unknown) => logged.push([event, cause]);
  const logger = { debug: ignore, info: ignore, warn: ignore, error };
  let thrown: unknown;
  const { call } = await startServer(t, fakeView({ predict: () => Promise.reject(thrown) }), { logger });
  const responseTo = async (cause: unknown) => {
    thrown = cause;
    const { status, json } = await call(path, postJson({ text: 'a' }));
    return [status, json.error.code, json.error.message];
  };
  const stopping = new KubesentimentError('KS_STATE', 'The service is stopping.', {
    remedy: 'Use another one.',
  });
  assert.deepEqual(await responseTo(stopping), [
    503,
    'KS_STATE',
    'The service is stopping. Use another one.',
  ]);
  const late = new KubesentimentError('KS_INFERENCE_TIMEOUT', 'Took too long.');
  assert.deepEqual(await responseTo(late), [504, 'KS_INFERENCE_TIMEOUT', 'Took too long.']);
  assert.deepEqual(logged, []);
  const secret = new Error('password=hunter2 at /home/x.ts');
  const [status, code, message] = await responseTo(secret);
  assert.deepEqual([status, code], [500, 'KS_INTERNAL']);
  assert.doesNotMatch(String(message), /hunter2|x\.ts/);
  assert.deepEqual(logged, [['http_failed', secret]]);
});

test('a failing scrape is a 500 without a stack trace', async (t) => {
  const { call } = await startServer(
    t,
    fakeView({ metricsText: () => Promise.reject(new TypeError('inside')) }),
  );
  const { status, body } = await call('/metrics');
  assert.equal(status, 500);
  assert.doesNotMatch(body, /inside|TypeError|\.js/);
});

test('any JSON value is either accepted or rejected with a code', async (t) => {
  const seen: unknown[] = [];
  const view = fakeView();
  const predict = (texts: readonly string[]) => {
    seen.push(...texts);
    return view.predict(texts);
  };
  const { call } = await startServer(t, { ...view, predict });
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 3 }), async (value) => {
      const { status, json } = await call(path, postJson(JSON.stringify(value)));
      // Invalid JSON, too: the parser rejects `__proto__`.
      if (status !== 200) assert.match(json.error.code, /^HTTP_INVALID_(REQUEST|JSON)$/);
    }),
  );
  for (const text of seen) assert.equal(typeof text, 'string');
});
