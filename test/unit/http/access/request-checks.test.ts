import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DlqAccess } from '../../../../src/dead-letters/access.ts';
import { limits } from '../../../../src/http/limits.ts';
import { createHttpServer } from '../../../../src/http/server.ts';
import { createLogger } from '../../../../src/log.ts';
import { fakeView, postJson, sendRaw, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const publicPaths = ['/livez', '/readyz', '/health'];
const protectedPaths = [
  '/metrics',
  '/health/details',
  '/api/v1/kafka-metrics',
  '/api/v1/monitoring/kafka-metrics',
];

test('a token protects everything but the probes', async (t) => {
  const { call } = await startServer(t, fakeView(), { token });
  for (const path of publicPaths) assert.equal((await call(path)).status, 200, path);
  for (const path of [...protectedPaths, '/no/such/path']) {
    const { status, json, headers } = await call(path);
    assert.deepEqual([status, json.error.code], [401, 'HTTP_UNAUTHORIZED'], path);
    assert.equal(headers['www-authenticate'], 'Bearer');
  }
  for (const path of protectedPaths) {
    assert.equal((await call(path, { headers: { authorization: `Bearer ${token}` } })).status, 200, path);
  }
});

test('only the exact token is accepted', async (t) => {
  const { call } = await startServer(t, fakeView(), { token });
  const wrong = [
    '',
    token,
    'Bearer',
    'Bearer ',
    `Bearer ${token}x`,
    `Bearer ${token.slice(1)}`,
    `Bearer ${token.toUpperCase()}`,
    `Basic ${Buffer.from(`user:${token}`).toString('base64')}`,
    `Bearer Bearer ${token}`,
    `Bearer ${'x'.repeat(8000)}`,
  ];
  for (const authorization of wrong) {
    assert.equal(
      (await call('/metrics', { headers: { authorization } })).status,
      401,
      authorization.slice(0, 60),
    );
  }
  assert.equal((await call('/metrics', { headers: { authorization: `bearer  ${token}` } })).status, 200);
});

test('a prediction without the token is rejected before its body is read', async (t) => {
  const { call } = await startServer(t, fakeView({ predict: () => assert.fail('reached the model') }), {
    token,
  });
  assert.equal((await call('/api/v1/predict', postJson('{"text":'))).status, 401);
});

test('on loopback, only requests for our own host names are served', async (t) => {
  const { call, port } = await startServer(t, fakeView());
  for (const host of ['localhost', 'LOCALHOST', `localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`]) {
    assert.equal((await call('/livez', { headers: { host } })).status, 200, host);
  }
  for (const host of [
    'evil.example',
    `evil.example:${port}`,
    'localhost.evil.example',
    '127.0.0.1.evil',
    '[::1',
  ]) {
    const { status, json } = await call('/metrics', { headers: { host } });
    assert.deepEqual([status, json.error.code], [421, 'HTTP_WRONG_HOST'], host);
  }
});

test('a request without a Host header is rejected in every HTTP version', async (t) => {
  const { port } = await startServer(t, fakeView());
  assert.match(await sendRaw(port, 'GET /metrics HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await sendRaw(port, 'GET /metrics HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 421 /);
  assert.match(
    await sendRaw(port, 'GET /metrics HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 421 /,
  );
});

test('a server beyond loopback requires a token, and then serves any host name', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org']) {
    assert.throws(
      () => createHttpServer({ host, port: 0, view: fakeView() }),
      { code: 'KS_CONFIG_INVALID', remedy: /http\.token/ },
      host,
    );
  }
  assert.throws(() => createHttpServer({ host: '127.0.0.1', port: 0, token: '', view: fakeView() }), {
    code: 'KS_CONFIG_INVALID',
  });
  const { call } = await startServer(t, fakeView(), { host: '0.0.0.0', token });
  const headers = { host: 'kubesentiment.svc', authorization: `Bearer ${token}` };
  assert.equal((await call('/metrics', { headers })).status, 200);
});

test('every response carries the security headers and does not name the server software', async (t) => {
  const { call } = await startServer(t, fakeView());
  for (const path of ['/livez', '/metrics', '/nothing', '/api/v1/predict']) {
    const { headers } = await call(path);
    assert.equal(headers['x-content-type-options'], 'nosniff', path);
    assert.equal(headers['x-frame-options'], 'DENY', path);
    assert.match(headers['content-security-policy'] as string, /default-src 'none'/);
    assert.equal(headers['cache-control'], 'no-store');
    assert.equal(headers['access-control-allow-origin'], undefined);
    assert.equal(headers['server'], undefined);
    assert.equal(headers['x-powered-by'], undefined);
  }
});

test('the number of headers is limited', async (t) => {
  const { call } = await startServer(t, fakeView());
  const headers = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, i) => [`x-${i}`, 'a']));
  assert.equal((await call('/livez', { headers: headers(limits.headersMax - 10) })).status, 200);
  const { status, json } = await call('/livez', { headers: headers(limits.headersMax) });
  assert.deepEqual([status, json.error.code], [431, 'HTTP_TOO_MANY_HEADERS']);
});

test('requests above the rate limit get a 429 with a reason and Retry-After', async (t) => {
  const { call } = await startServer(t, fakeView(), { requestsPerSecond: 1 });
  const responses = await Promise.all(Array.from({ length: 4 }, () => call('/livez')));
  const statuses = responses.map(({ status }) => status).sort();
  assert.deepEqual(statuses, [200, 200, 429, 429]);
  const rejected = responses.find(({ status }) => status === 429);
  assert.equal(rejected?.json.error.code, 'HTTP_OVERLOADED');
  assert.equal(rejected?.headers['retry-after'], '1');
});

test('of pipelined requests above the rate limit, the first is rejected and ends the connection', async (t) => {
  const warnings: string[] = [];
  const onWarning = ({ message }: Error) => warnings.push(message);
  process.on('warning', onWarning);
  t.after(() => process.off('warning', onWarning));
  const { port } = await startServer(t, fakeView(), { requestsPerSecond: 1 });
  const request = 'GET /metrics HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const response = await sendRaw(port, request.repeat(limits.pipelinedMax));
  assert.deepEqual(response.match(/HTTP\/1\.1 \d+/g), ['HTTP/1.1 200', 'HTTP/1.1 429']);
  assert.deepEqual(warnings, []);
});

function loggerInto(lines: string[]) {
  const destination = { write: (line: string) => void lines.push(line) };
  return createLogger({ level: 'debug', format: 'json', destination });
}

/** Paths that the router treats in ways of its own. */
const oddPaths = [
  '/%ff',
  '/%',
  '/api/v1/dlq/%c3%28/1',
  `/api/v1/dlq/${'9'.repeat(101)}/1`,
  `/api/v1/dlq/1/${'9'.repeat(5_000)}`,
  '//livez',
  '/livez/',
  '/LIVEZ',
  '/livez%00',
  '/livez/../metrics',
  '/health/%2e%2e/metrics',
  '*',
  '/\u0001',
];

test('every path needs the token, however odd', async (t) => {
  const lines: string[] = [];
  const dlq = { find: async () => assert.fail('reached the topic') } as unknown as DlqAccess;
  const logger = loggerInto(lines);
  const { port } = await startServer(t, fakeView(), { token, dlq, logger });
  for (const path of oddPaths) {
    const response = await sendRaw(
      port,
      `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    // What is not HTTP is refused by the parser.
    assert.match(response, path === '/\u0001' ? /^HTTP\/1\.1 400 / : /^HTTP\/1\.1 401 /, path.slice(0, 40));
  }
  assert.deepEqual(lines, []);
});

test('with the token, an odd path is a mistake of the client, and its address is in no log', async (t) => {
  const lines: string[] = [];
  const logger = loggerInto(lines);
  const dlq = { find: async () => undefined } as unknown as DlqAccess;
  const { call } = await startServer(t, fakeView(), { token, dlq, logger });
  const headers = { authorization: `Bearer ${token}` };
  for (const path of oddPaths.slice(0, 5)) {
    const { status, json } = await call(path, { headers });
    assert.ok(status === 400 || status === 404, `${status} ${path.slice(0, 40)}`);
    assert.match(json.error.code, /^HTTP_(INVALID_REQUEST|NOT_FOUND)$/);
  }
  assert.deepEqual(lines, []);
});

test('odd paths are counted by the rate limit', async (t) => {
  for (const path of ['/%ff', `/api/v1/dlq/${'9'.repeat(101)}/1`]) {
    const { call } = await startServer(t, fakeView(), { requestsPerSecond: 1 });
    const responses = await Promise.all(Array.from({ length: 4 }, () => call(path)));
    assert.equal(responses.filter(({ status }) => status === 429).length, 2, path.slice(0, 20));
  }
});

test('a flood without a token does not starve the probes of the same address', async (t) => {
  const { call } = await startServer(t, fakeView(), { token, requestsPerSecond: 5 });
  const flood = Array.from({ length: 25 }, () => call('/metrics').then(({ status }) => status));
  const probes = await Promise.all(Array.from({ length: 3 }, () => call('/livez')));
  assert.deepEqual(
    probes.map(({ status }) => status),
    [200, 200, 200],
  );
  const answers = await Promise.all(flood);
  assert.deepEqual([...new Set(answers)].sort(), [401, 429]);
});

test('an expensive route is paid for by those who may call it, not by those without a token', async (t) => {
  const dlq = { stats: async () => ({ total: 0 }) } as unknown as DlqAccess;
  const { call } = await startServer(t, fakeView(), { token, dlq, requestsPerSecond: 15 });
  for (let i = 0; i < 5; i++) assert.equal((await call('/api/v1/dlq/stats')).status, 401);
  const headers = { authorization: `Bearer ${token}` };
  assert.equal((await call('/api/v1/dlq/stats', { headers })).status, 200);
});

test('each address that a host name stands for is guarded', async (t) => {
  const server = createHttpServer({ host: 'localhost', port: 0, token, view: fakeView() });
  const { port } = await server.start();
  t.after(() => server.stop());
  let reached = 0;
  for (const host of ['127.0.0.1', '[::1]']) {
    const response = await fetch(`http://${host}:${port}/metrics`).catch(() => undefined);
    if (response === undefined) continue; // no such address on this machine
    reached++;
    assert.equal(response.status, 401, host);
  }
  assert.ok(reached > 0);
});
