/** docker/gateway.mjs and docker/healthcheck.mjs as processes, in front of a service that answers with what it saw. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../helpers/paths.ts';

async function startBehindGateway(t: TestContext): Promise<number> {
  const service = createServer(async (incoming, answer) => {
    let body = '';
    for await (const chunk of incoming) body += chunk;
    const { method, url, headers } = incoming;
    answer.writeHead(url === '/readyz' ? 503 : 200, { 'x-seen-host': String(headers.host) });
    answer.end(`${method} ${url} ${body}`);
  }).listen(0, '127.0.0.1');
  await once(service, 'listening');
  t.after(() => service.close());
  const free = createServer().listen(0, '127.0.0.1');
  await once(free, 'listening');
  const { port } = free.address() as AddressInfo;
  free.close();
  const servicePort = (service.address() as AddressInfo).port;
  const gateway = spawn(
    process.execPath,
    [join(root, 'docker/gateway.mjs'), String(port), String(servicePort)],
    {
      stdio: 'ignore',
    },
  );
  t.after(() => gateway.kill('SIGKILL'));
  for (let tries = 0; tries < 200; tries++) {
    if (await fetch(`http://127.0.0.1:${port}/livez`).catch(() => undefined)) return port;
    await sleep(50);
  }
  return assert.fail('the gateway does not come up');
}

function ask(
  port: number,
  path: string,
  host: string,
  body?: string,
): Promise<{ text: string; seenHost: string }> {
  return new Promise((resolve, reject) => {
    const asked = request({ port, path, method: body === undefined ? 'GET' : 'POST', headers: { host } });
    asked.on('error', reject).on('response', async (answer) => {
      let text = '';
      for await (const chunk of answer) text += chunk;
      resolve({ text, seenHost: String(answer.headers['x-seen-host']) });
    });
    asked.end(body);
  });
}

test('the gateway hands requests on with their host, by which foreign pages are refused', async (t) => {
  const port = await startBehindGateway(t);
  const predict = await ask(port, '/api/v1/predict', 'evil.example', '{"text":"x"}');
  assert.deepEqual(predict, { text: 'POST /api/v1/predict {"text":"x"}', seenHost: 'evil.example' });
  const scrape = await ask(port, '/metrics', 'kubesentiment:8002');
  assert.deepEqual(scrape, { text: 'GET /metrics ', seenHost: 'localhost' });
});

test('the health check ends with 0 only when the path answers well', async (t) => {
  const port = String(await startBehindGateway(t));
  const check = (...args: string[]): number | null =>
    spawnSync(process.execPath, [join(root, 'docker/healthcheck.mjs'), ...args]).status;
  // In another process, or nobody would be here to answer.
  const good = spawn(process.execPath, [join(root, 'docker/healthcheck.mjs'), '/livez', port]);
  assert.deepEqual(await once(good, 'exit'), [0, null]);
  const bad = spawn(process.execPath, [join(root, 'docker/healthcheck.mjs'), '/readyz', port]);
  assert.deepEqual(await once(bad, 'exit'), [1, null]);
  assert.equal(check('/livez', '1'), 1);
});
