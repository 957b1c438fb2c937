/** The configuration of a running service is changed, against a real Apache Kafka. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandWith, workplace } from '../helpers/command.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { startCommand, testSettings } from '../helpers/service-process.ts';

const token = 'a-token-of-some-length-0123456789';
/** Every 50 ms. */
const BURST = 20;
const timeoutMs = 300_000;

test('SIGHUP, HTTP and the command take up a changed file; a broken one and a new topic change nothing', {
  skip: noBroker,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-config-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const { bootstrap, topics, settings: shared, createAll } = await workplace();
  await createAll();
  const write = (name: string, changes: Readonly<Record<string, unknown>>): string => {
    const sections: Record<string, Record<string, unknown>> = {};
    const all = { ...testSettings, ...shared, 'http.token': token, ...changes };
    for (const [key, value] of Object.entries(all)) {
      const [section, own] = key.split('.') as [string, string];
      sections[section] = { ...sections[section], [own]: value };
    }
    const path = join(folder, name);
    writeFileSync(path, JSON.stringify(sections));
    return path;
  };
  const file = write('service.yaml', {});
  const service = startCommand(['consume', '--config', file]);
  await service.waitFor('partitions_assigned');
  await service.waitFor('service_started');
  const port = Number(/"event":"http_listening".*?"port":(\d+)/.exec(service.log())?.[1]);
  const url = `http://127.0.0.1:${port}`;
  const headers = { authorization: `Bearer ${token}` };
  const command = commandWith({});
  const lines = (event: string): string[] =>
    service
      .log()
      .split('\n')
      .filter((line) => line.includes(`"event":"${event}"`));
  const logged = async (event: string, count: number): Promise<string> => {
    while (lines(event).length < count) await sleep(20);
    return lines(event).at(-1) as string;
  };

  let sent = 0;
  let isOver = false;
  const sending = (async () => {
    for (; !isOver; await sleep(50)) {
      const burst = Array.from({ length: BURST }, (_, i) => ({
        value: JSON.stringify({ id: `m${sent + i}`, text: `It was ${i % 2 ? 'a joy' : 'a bore'}.` }),
        partition: i % 2,
      }));
      await produceAll(bootstrap, topics.requests, burst);
      sent += BURST;
    }
  })();

  write('service.yaml', { 'kafka.latency_target_ms': 250, 'model.min_score': 1 });
  process.kill(service.pid, 'SIGHUP');
  const reloaded = await logged('config_reloaded', 1);
  assert.match(reloaded, /kafka\.latency_target_ms: 100 -> 250.*model\.min_score: 0 -> 1/);
  const inUse = await (await fetch(`${url}/api/v1/config`, { headers })).json();
  const { kafka, http } = inUse as Record<string, Record<string, unknown>>;
  assert.deepEqual([kafka?.['latency_target_ms'], http?.['token']], [250, '********']);

  writeFileSync(file, 'kafka: {latency_target_ms: soon, topik: x}');
  process.kill(service.pid, 'SIGHUP');
  assert.match(await logged('config_rejected', 1), /has 2 problems.*latency_target_ms.*topik/);

  write('service.yaml', { 'kafka.latency_target_ms': 50, 'kafka.topic': 'elsewhere', 'model.min_score': 1 });
  const response = await fetch(`${url}/api/v1/config/reload`, { method: 'POST', headers });
  assert.deepEqual(await response.json(), {
    outcome: 'reloaded',
    changed: [{ key: 'kafka.latency_target_ms', from: 250, to: 50 }],
    needs_restart: [{ key: 'kafka.topic', from: [topics.requests], to: ['elsewhere'] }],
    model_reloaded: false,
  });
  assert.match(await logged('config_needs_restart', 1), /"keys":\["kafka\.topic"\]/);

  const old = write('old.yaml', { 'kafka.latency_target_ms': 50, 'model.min_score': 1 });
  const same = await command('config', 'diff', '--config', old, '--url', url);
  assert.deepEqual([same.code, same.stdout], [0, 'No differences.\n'], same.stderr);
  const changed = await command('config', 'diff', file, '--config', old, '--url', url);
  assert.deepEqual(
    [changed.code, changed.stdout],
    [1, `needs a restart:  kafka.topic: ["${topics.requests}"] -> ["elsewhere"]\n`],
    changed.stderr,
  );

  write('service.yaml', { 'logging.level': 'warn' });
  const asked = await command('config', 'reload', '--config', file, '--url', url);
  assert.equal(asked.code, 0, asked.stderr);
  assert.match(asked.stdout, /used from now on: logging\.level: "info" -> "warn"/);
  isOver = true;
  await sending;

  const { lost, doubled, outOfOrder, deadLetters, results } = await waitForDelivery(
    bootstrap,
    topics,
    sent,
    timeoutMs,
  );
  assert.deepEqual([lost, doubled, outOfOrder, deadLetters, results.length], [[], [], [], [], sent]);
  const labels = new Set(results.map(({ value }) => (JSON.parse(String(value)) as { label: string }).label));
  assert.ok(labels.has('UNCERTAIN') && labels.size > 1, 'some came before the change, some after it');
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.equal(lines('service_stopped').length, 0, 'it is logged with info, which is below warn');
});
