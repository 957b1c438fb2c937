/** Every key that can change while a service runs is changed here, and seen to take effect. */
import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { serve } from '../../src/cli/serve.ts';
import { configKeys, type KeyName } from '../../src/config/schema.ts';
import { createLogger } from '../../src/log.ts';
import { failingBackend } from '../helpers/failing-backend.ts';
import { configured, type FileSettings } from './config-rig.ts';
import { modelCases } from './config-live-model.ts';
import { loadCases } from './config-live-load.ts';
import { paceCases } from './config-live-pace.ts';
import { peerCases } from './config-live-peers.ts';
import type { FakeBroker } from './fake-broker.ts';
import { createBroker, sendRequest, topics, until } from './rig.ts';

type Case = (t: TestContext) => Promise<void>;

const cases: Partial<Record<KeyName, Case>> = {
  'logging.level': async (t) => {
    const lines: string[] = [];
    const destination = { write: (line: string) => void lines.push(line) };
    const logger = createLogger({ level: 'error', format: 'json', destination });
    const { consumer, write } = configured(t, createBroker(1), { 'logging.level': 'error' }, { logger });
    await consumer.start();
    await consumer.service.configReload.reload();
    assert.equal(lines.length, 0);
    write({ 'logging.level': 'info' });
    await consumer.service.configReload.reload();
    await consumer.service.configReload.reload();
    assert.equal(lines.filter((line) => line.includes('"event":"config_reloaded"')).length, 2);
    write({});
    await consumer.service.configReload.reload();
    await consumer.service.configReload.reload();
    assert.equal(lines.filter((line) => line.includes('"event":"config_reloaded"')).length, 3);
    assert.match(lines.at(-1) as string, /logging\.level: \\"info\\" -> \\"error\\"/);
  },

  'kafka.dlq_stop_ratio': async (t) => {
    const broker = createBroker(1);
    const { consumer, write } = configured(t, broker);
    await consumer.start();
    const stopped = (): boolean => /dead letters/.test(JSON.stringify(consumer.service.monitor.readiness()));
    sendBroken(broker, 150);
    await until('all became dead letters', () => deadLetters(broker) === 150);
    assert.equal(stopped(), false);
    await reload(consumer, write, { 'kafka.dlq_stop_ratio': 0.5 });
    sendBroken(broker, 1);
    await until('it stops', stopped);
  },

  'kafka.max_retries': async (t) => {
    const broker = createBroker(1);
    const before = { 'kafka.max_retries': 0, 'kafka.retry_backoff_ms': 0 };
    const { consumer, write } = configured(t, broker, before, { backend: failingBackend });
    await consumer.start();
    sendRequest(broker, 0, 'one');
    await until('it became a dead letter', () => deadLetters(broker) === 1);
    assert.equal(consumer.service.monitor.counters.messagesRetried, 0);
    await reload(consumer, write, { 'kafka.max_retries': 3 });
    sendRequest(broker, 0, 'two');
    await until('the other one did, too', () => deadLetters(broker) === 2);
    assert.equal(consumer.service.monitor.counters.messagesRetried, 3);
  },

  'kafka.retry_backoff_ms': async (t) => {
    const broker = createBroker(2);
    const before = { 'kafka.max_retries': 2, 'kafka.retry_backoff_ms': 60_000 };
    const { consumer, write } = configured(t, broker, before, { backend: failingBackend });
    await consumer.start();
    sendRequest(broker, 0, 'waits for minutes');
    await until('it waits', () => consumer.service.monitor.counters.messagesRetried === 1);
    await reload(consumer, write, { 'kafka.retry_backoff_ms': 0 });
    sendRequest(broker, 1, 'waits for nothing');
    await until('the second one became a dead letter', () => deadLetters(broker) === 1);
    assert.equal(consumer.service.monitor.counters.messagesRetried, 3);
  },

  'http.requests_per_second': async (t) => {
    const { consumer, write } = configured(t, createBroker(1), { 'http.requests_per_second': 1 });
    await consumer.start();
    const { server, url } = await serve(consumer, 0);
    t.after(() => server.stop());
    const status = async (): Promise<number> => (await fetch(`${url}/health`)).status;
    await reload(consumer, write, { 'http.requests_per_second': 10_000 });
    const seen = new Set<number>();
    for (let i = 0; i < 50; i++) seen.add(await status());
    assert.equal(seen.has(429), false, 'with one request per second most of them would be refused');
    await reload(consumer, write, { 'http.requests_per_second': 1 });
    const refusals = await Promise.all(Array.from({ length: 10 }, status));
    assert.ok(refusals.includes(429));
  },

  ...loadCases,
  ...paceCases,
  ...modelCases,
  ...peerCases,
};

test('every key that can change while a service runs is changed by a test', () => {
  const marked = [...configKeys.values()].filter(({ facts }) => facts.whileRunning !== undefined);
  assert.deepEqual(Object.keys(cases).sort(), marked.map(({ name }) => name).sort());
});

for (const [name, change] of Object.entries(cases)) {
  test(`a running service takes up ${name}`, { timeout: 120_000 }, change);
}

async function reload(
  consumer: ReturnType<typeof configured>['consumer'],
  write: (settings: FileSettings) => void,
  settings: FileSettings,
): Promise<void> {
  write(settings);
  const { changed, needs_restart: left } = await consumer.service.configReload.reload();
  assert.deepEqual([changed.map(({ key }) => key), left], [Object.keys(settings), []]);
}

function sendBroken(broker: FakeBroker, count: number): void {
  for (let i = 0; i < count; i++) broker.request(topics.requests, { partition: 0, value: Buffer.from('{') });
}

function deadLetters(broker: FakeBroker): number {
  return broker.all(topics.deadLetters).length;
}
