import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fastify } from 'fastify';
import { AuditLog } from '../../../../src/http/access/audit-log.ts';
import { createLogger } from '../../../../src/log.ts';

test('every call that can change something is logged, also in a flood, and without its content', async (t) => {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const logger = createLogger({ level: 'info', format: 'json', destination });
  const app = fastify();
  t.after(() => app.close());
  new AuditLog(logger).addTo(app);
  app.post('/api/v1/dlq/replay', (_request, reply) => reply.code(lines.length % 2 === 0 ? 200 : 401).send());
  app.get('/metrics', () => 'ok');
  app.post('/api/v1/predict', () => ({}));
  for (let i = 0; i < 50; i++) {
    await app.inject({
      method: 'POST',
      url: '/api/v1/dlq/replay?secret=ocelot',
      payload: { text: 'ocelot' },
    });
  }
  await app.inject({ method: 'GET', url: '/metrics' });
  await app.inject({ method: 'POST', url: '/api/v1/predict', payload: { text: 'ocelot' } });
  assert.equal(lines.length, 50);
  const { event, method, route, status, address } = JSON.parse(lines[1] as string);
  assert.deepEqual(
    { event, method, route, status, address },
    { event: 'http_audit', method: 'POST', route: '/api/v1/dlq/replay', status: 401, address: '127.0.0.1' },
  );
  assert.ok(!lines.join('').includes('ocelot'));
});
