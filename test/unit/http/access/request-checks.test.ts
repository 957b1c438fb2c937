import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isLoopback } from '../../../../src/http/access/guards.ts';
import { createHttpServer } from '../../../../src/http/server.ts';
import { fakeView, postJson, sendRaw, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const openPaths = ['/livez', '/readyz', '/health'];
const guardedPaths = [
  '/metrics',
  '/health/details',
  '/api/v1/kafka-metrics',
  '/api/v1/monitoring/kafka-metrics',
];

test('with a token, everything but the probes needs it', async (t) => {
  const { call } = await startServer(t, fakeView(), { token });
  for (const path of openPaths) assert.equal((await call(path)).status, 200, path);
  for (const path of [...guardedPaths, '/no/such/path']) {
    const { status, json, headers } = await call(path);
    assert.deepEqual([status, json.error.code], [401, 'HTTP_UNAUTHORIZED'], path);
    assert.equal(headers['www-authenticate'], 'Bearer');
  }
  for (const path of guardedPaths) {
    assert.equal((await call(path, { headers: { authorization: `Bearer ${token}` } })).status, 200, path);
  }
});

test('only the very token opens', async (t) => {
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

test('a prediction without the token is refused before its body is read', async (t) => {
  const { call } = await startServer(t, fakeView({ predict: () => assert.fail('asked') }), { token });
  assert.equal((await call('/api/v1/predict', postJson('{"text":'))).status, 401);
});

test('on loopback, only our own names are served', async (t) => {
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

test('a request without a Host header is refused in every HTTP version', async (t) => {
  const { port } = await startServer(t, fakeView());
  assert.match(await sendRaw(port, 'GET /metrics HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 /);
  assert.match(await sendRaw(port, 'GET /metrics HTTP/1.0\r\n\r\n'), /^HTTP\/1\.1 421 /);
  assert.match(
    await sendRaw(port, 'GET /metrics HTTP/1.1\r\nHost: \r\nConnection: close\r\n\r\n'),
    /^HTTP\/1\.1 421 /,
  );
});

test('beyond loopback a token is needed, and then any host name is served', async (t) => {
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

test('every answer carries the security headers and no sign of what serves it', async (t) => {
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

test('loopback is told from everything else', () => {
  for (const host of ['localhost', '127.0.0.1', '127.9.9.9', '::1']) assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '127.0.0.1.evil.example', '10.0.0.1', 'example.org']) {
    assert.ok(!isLoopback(host), host);
  }
});
