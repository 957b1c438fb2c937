/** Spans on their way to a collector: what is lost is said, and nobody waits for it. */
import assert from 'node:assert/strict';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { createLogger } from '../../../src/log.ts';
import { Exemplars } from '../../../src/metrics/exemplars.ts';
import { createTraceParts } from '../../../src/service/trace-parts.ts';
import { SlotTable } from '../../../src/slots.ts';

const message = { topic: 'requests', partition: 0, offset: 0, value: null, size: 0 };

/** A collector that answers as it is told to, and a service that traces. */
async function scene(t: TestContext, answer: (response: ServerResponse) => void) {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      bodies.push(text);
      answer(response);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.close();
    server.closeAllConnections();
  });
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const { config } = loadConfig({
    env: {},
    overrides: {
      'tracing.exporter': 'otlp',
      'tracing.endpoint': `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
      'kafka.bootstrap_servers': ['[::1]:9093', 'other:9092'],
    },
  });
  const logger = createLogger({ level: 'info', format: 'json', destination });
  const exemplars = new Exemplars();
  const parts = await createTraceParts(config, new SlotTable(8), exemplars, logger);
  assert.ok(parts !== undefined);
  const events = (): string[] => lines.map((line) => JSON.parse(line).event);
  const poll = (times: number): void => {
    for (let i = 0; i < times; i++) parts.tracer.onPoll?.([message], performance.now(), true);
  };
  const until = async (condition: () => boolean): Promise<void> => {
    while (!condition()) await new Promise((resolve) => setTimeout(resolve, 5));
  };
  return { bodies, lines, events, exemplars, parts, poll, until };
}

test('spans come to the collector with the resource of the service', async (t) => {
  const { bodies, parts, poll, exemplars } = await scene(t, (response) => response.end('{}'));
  poll(1);
  await parts.close();
  const { resourceSpans } = JSON.parse(bodies.join(''));
  const [{ name, attributes }] = resourceSpans[0].scopeSpans[0].spans;
  assert.equal(name, 'poll requests');
  const values = new Map(attributes.map(({ key, value }: { key: string; value: object }) => [key, value]));
  assert.deepEqual(values.get('server.address'), { stringValue: '::1' });
  assert.deepEqual(values.get('server.port'), { intValue: 9093 });
  assert.equal(exemplars.after(0, 'kafka_stage_duration_seconds', 'consume').length, 1);
});

test('a collector that refuses is told of once, and once when it takes spans again', async (t) => {
  let status = 400;
  const { bodies, events, lines, parts, poll, until } = await scene(t, (response) =>
    response.writeHead(status, 'Bearer of a secret').end('{}'),
  );
  poll(128);
  await until(() => bodies.length === 1 && events().length === 1);
  poll(128);
  await until(() => bodies.length === 2);
  status = 200;
  poll(128);
  await until(() => events().length === 2);
  await parts.close();
  assert.deepEqual(events(), ['spans_export_failed', 'spans_export_back']);
  assert.equal(JSON.parse(lines[0] ?? '').reason, 'It answers with 400.');
  assert.equal(JSON.parse(lines[1] ?? '').lost, 256);
});

test('of a collector that never answers nobody takes notice, and few spans are kept for it', async (t) => {
  const { bodies, parts, poll, events } = await scene(t, () => undefined);
  poll(5_000);
  await parts.close();
  const sent = bodies.map((body) => JSON.parse(body).resourceSpans[0].scopeSpans[0].spans.length);
  const total = sent.reduce((sum, count) => sum + count, 0);
  assert.ok(total <= 1_024 + 128, `${total}`);
  assert.ok(Math.max(...sent) <= 128);
  assert.ok(events().includes('spans_export_failed'));
});
