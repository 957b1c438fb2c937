/** The model of a running service is exchanged again and again, against a real Apache Kafka. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandWith, workplace } from '../helpers/command.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { root } from '../helpers/paths.ts';
import { startService } from '../helpers/service-process.ts';

const token = 'a-token-of-some-length-0123456789';
const EXCHANGES = 20;
/** Every 100 ms: 500 requests per second. */
const BURST = 50;
/** The machine may be busy; what is waited for comes or does not come. */
const timeoutMs = 300_000;
const labelsOf = { a: ['NEGATIVE', 'POSITIVE'], b: ['DOWN', 'UP'] } as const;

test(`${EXCHANGES} exchanges under load: each request comes out once, in order, from the model that it names`, {
  skip: noBroker,
}, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-reload-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const current = join(folder, 'current');
  for (const name of ['a', 'b'] as const) {
    const directory = join(folder, name);
    cpSync(join(root, 'models/default'), directory, { recursive: true });
    const file = join(directory, 'config.json');
    const config = JSON.parse(readFileSync(file, 'utf8')) as object;
    const id2label = Object.fromEntries(labelsOf[name].entries());
    writeFileSync(file, JSON.stringify({ ...config, id2label, label2id: undefined }));
  }
  const use = (name: string): void => {
    symlinkSync(join(folder, name), `${current}.new`);
    renameSync(`${current}.new`, current);
  };
  use('a');

  const { bootstrap, topics, settings: shared, createAll } = await workplace();
  await createAll();
  const settings = { ...shared, 'model.path': current, 'http.token': token };
  const service = startService(settings);
  await service.waitFor('partitions_assigned');
  const port = Number(/"event":"http_listening".*?"port":(\d+)/.exec(service.log())?.[1]);
  const command = commandWith({ ...settings, 'http.port': port });
  const metric = async (pattern: RegExp): Promise<number> => {
    const headers = { authorization: `Bearer ${token}` };
    const body = await (await fetch(`http://127.0.0.1:${port}/metrics`, { headers })).text();
    return Number(pattern.exec(body)?.[1]);
  };
  const reloads = () => metric(/^kubesentiment_model_reloads_total\{.*outcome="reloaded".*\} (\d+)$/m);
  const rebalances = () => metric(/^kafka_consumer_rebalances_total\{.*\} (\d+)$/m);
  while ((await metric(/^kafka_consumer_ready\{.*\} (\d+)$/m)) !== 1) await sleep(50);
  const before = await rebalances();

  let sent = 0;
  let isOver = false;
  const sending = (async () => {
    for (; !isOver; await sleep(100)) {
      const burst = Array.from({ length: BURST }, (_, i) => ({
        value: JSON.stringify({ id: `m${sent + i}`, text: `It was ${i % 2 ? 'a joy' : 'a bore'}, ${i}.` }),
        key: i % 3 === 0 ? null : `user-${i % 10}`,
        partition: i % 2,
      }));
      await produceAll(bootstrap, topics.requests, burst);
      sent += BURST;
    }
  })();

  for (let i = 0; i < EXCHANGES; i++) {
    use(i % 2 === 0 ? 'b' : 'a');
    // The ways to ask for it, in turn.
    if (i % 4 === 1) {
      const { code, json, stderr } = await command('model', 'reload', '--json');
      assert.deepEqual([code, json?.outcome], [0, 'reloaded'], stderr);
    } else if (i % 4 === 3) {
      process.kill(service.pid, 'SIGHUP');
    } else {
      const response = await fetch(`http://127.0.0.1:${port}/api/v1/model/reload`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}` },
      });
      const text = await response.text();
      assert.ok(response.status === 200 || response.status === 202, text);
    }
    while ((await reloads()) !== i + 1) await sleep(50);
  }
  use('nowhere');
  const refused = await command('model', 'reload');
  assert.deepEqual(
    [refused.code, /answers with 422\. .*does not exist/.test(refused.stderr)],
    [1, true],
    refused.stderr,
  );
  isOver = true;
  await sending;

  const delivery = await waitForDelivery(bootstrap, topics, sent, timeoutMs);
  const { lost, doubled, outOfOrder, deadLetters, results } = delivery;
  assert.deepEqual([lost, doubled, outOfOrder, deadLetters], [[], [], [], []]);
  assert.equal(results.length, sent);
  const byVersion = new Map<string, Set<string>>();
  for (const { value } of results) {
    const { model_version: version, label } = JSON.parse(String(value)) as Record<string, string>;
    byVersion.set(version as string, (byVersion.get(version as string) ?? new Set()).add(label as string));
  }
  const said = [...byVersion.values()].map((labels) => [...labels].sort());
  assert.deepEqual(said.sort(), [[...labelsOf.b], [...labelsOf.a]]);
  assert.equal(await rebalances(), before);
  assert.match(service.log(), /"event":"model_reloaded".*"rss_both":\d+/);
  assert.match(
    service.log(),
    /"event":"http_audit".*"route":"\/api\/v1\/model\/reload".*"outcome":"reloaded"/,
  );
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
});
