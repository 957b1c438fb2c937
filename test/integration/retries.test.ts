/** Messages that wait in retry topics, against a real Apache Kafka: killed processes lose and double none. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { commandWith, workplace } from '../helpers/command.ts';
import { checkDelivery, headerOf, waitForDelivery, waitForRecords } from '../helpers/delivery.ts';
import { makeFaultyModel } from '../helpers/faulty-model.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll, readAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

const REQUESTS = 400;
/** One in ten. */
const BROKEN = REQUESTS / 10;

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-retries-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('processes that are killed while messages wait lose and double none', { skip: noBroker }, async () => {
  const { bootstrap, topics, settings, createAll } = await workplace();
  const delayed = { ...settings, 'kafka.retry_topics': '2s,3s', 'kafka.max_retries': 0 };
  const faulty = { ...delayed, 'model.path': makeFaultyModel(folder) };
  const command = commandWith(delayed);
  const [first, second] = [`${topics.requests}-retry-2s`, `${topics.requests}-retry-3s`];
  await createAll();

  const missing = startService(faulty);
  assert.equal(await missing.exited, 1);
  assert.match(missing.log(), new RegExp(`${topics.requests}-retry-2s`));
  const created = await command('topics', 'create', '--partitions', '2', '--replication', '1');
  assert.equal(created.code, 0, created.stderr);
  const doctor = await command('doctor', '--json');
  for (const name of ['topics', 'retry topics', 'read rights', 'write rights']) {
    const { status, detail } = doctor.json.checks.find((finding: { name: string }) => finding.name === name);
    assert.deepEqual([status, detail.includes(first)], ['ok', true], `${name}: ${detail}`);
  }

  const textOf = (i: number): string => (i % 10 === 7 ? 'This one is broken.' : `Number ${i} is fine.`);
  await produceAll(
    bootstrap,
    topics.requests,
    Array.from({ length: REQUESTS }, (_, i) => ({
      key: `k${i}`,
      partition: i % 2,
      value: JSON.stringify({ text: textOf(i) }),
      headers: [{ trace: `t${i}` }],
    })),
  );
  const one = startService(faulty);
  assert.equal(await waitForRecords(bootstrap, [first], BROKEN), BROKEN, one.log());
  await waitForRecords(bootstrap, [topics.results], REQUESTS - BROKEN); // nobody has waited for them
  one.kill('SIGKILL');
  await one.exited;
  const waiting = await command('verify', '--json');
  assert.deepEqual(
    [waiting.code, waiting.json.putOff, waiting.json.lost.count],
    [0, BROKEN, 0],
    waiting.stdout,
  );

  const two = startService(faulty);
  assert.ok((await waitForRecords(bootstrap, [second], 1)) > 0, two.log());
  two.kill('SIGKILL');
  await two.exited;
  const three = startService(delayed);
  const delivery = await waitForDelivery(bootstrap, topics, REQUESTS);
  const { lost, doubled, results, deadLetters } = delivery;
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] }, three.log());
  assert.deepEqual([results.length, deadLetters.length], [REQUESTS, 0]);
  const late = results.filter((record) => headerOf(record, 'x-retry-count') !== undefined);
  assert.equal(late.length, BROKEN);
  for (const record of late) {
    const { source } = JSON.parse(String(record.value));
    assert.deepEqual(
      [source.topic, `k${2 * source.offset + source.partition}`],
      [topics.requests, String(record.key)],
    );
    assert.equal(`t${String(record.key).slice(1)}`, headerOf(record, 'trace'));
  }

  await untilDone(command, [first, second]);
  three.kill('SIGTERM');
  assert.equal(await three.exited, 0, three.log());
  const verified = await command('verify', '--json');
  assert.deepEqual([verified.code, verified.json.putOff], [0, 0], verified.stdout);
});

test('a message that fails after every delay becomes one dead letter, and its replay another try', {
  skip: noBroker,
}, async () => {
  const { bootstrap, topics, settings, createAll } = await workplace();
  const delayed = { ...settings, 'kafka.retry_topics': '1s,2s', 'kafka.max_retries': 1 };
  const command = commandWith(delayed);
  await createAll();
  await command('topics', 'create', '--partitions', '1', '--replication', '1');
  await produceAll(bootstrap, topics.requests, [
    { value: JSON.stringify({ text: 'This one is broken.' }), key: 'k' },
    { value: 'not JSON' },
  ]);
  const service = startService({ ...delayed, 'model.path': makeFaultyModel(folder) });
  const { deadLetters } = await waitForDelivery(bootstrap, topics, 2);
  assert.equal(deadLetters.length, 2, service.log());
  const letter = deadLetters.find(({ key }) => String(key) === 'k');
  assert.ok(letter !== undefined);
  const said = ['x-error-type', 'x-attempts', 'x-retry-count', 'kafka_dlt-original-topic'];
  assert.deepEqual(
    said.map((name) => headerOf(letter, name)),
    ['inference_failed', '6', '2', topics.requests],
  );
  for (const [i, name] of ['1s', '2s'].entries()) {
    const [record, ...more] = await readAll(bootstrap, `${topics.requests}-retry-${name}`);
    assert.ok(record !== undefined && more.length === 0);
    assert.equal(headerOf(record, 'x-retry-count'), String(i + 1));
  }
  const replay = await command('dlq', 'replay', '--reason', 'inference_failed', '--json');
  assert.equal(replay.json.replayed, 1);
  assert.equal((await waitForDelivery(bootstrap, topics, 3)).deadLetters.length, 3);
  const again = (await checkDelivery(bootstrap, topics)).deadLetters.at(-1);
  assert.equal(again && headerOf(again, 'x-replay-count'), '1');
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
});

/** Also the markers at the ends of the retry topics are passed: nothing seems to lag. */
async function untilDone(
  command: ReturnType<typeof commandWith>,
  retryTopics: readonly string[],
): Promise<void> {
  for (let attempt = 0; attempt < 60; attempt++) {
    const { json } = await command('offsets', 'show', '--json');
    const offsets: { topic: string; committed: number; high: number }[] = json.offsets;
    const names = new Set(offsets.map(({ topic }) => topic));
    assert.ok(retryTopics.every((name) => names.has(name)));
    if (offsets.every(({ committed, high }) => committed === high)) return;
    await sleep(500);
  }
  assert.fail('The group has not come to the end of its topics.');
}
