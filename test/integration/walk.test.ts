/**
 * The walk in README, "Break it on purpose": each break is seen by the service's own instruments, ends with the command
 * that README names, none of Kafka's own tools, and afterwards every request has been answered once.
 */
import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import Kafka from 'node-rdkafka';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { deleteTopic } from '../helpers/kafka-client.ts';
import { allowOnly } from '../helpers/kafka-wire.ts';
import { produceRaw } from '../helpers/raw-records.ts';
import { readWalk, type WalkRow } from '../helpers/readme-walk.ts';
import { topics, WalkScene } from './walk-scene.ts';

const TIMEOUT_MS = 30_000;
/** Longer than the walk: nobody ends it in time. */
const ENDLESS_MS = 600_000;
const HANGING_PRODUCER = 987_654;

type Step = (scene: WalkScene, row: WalkRow) => Promise<void>;

/** In the order of the table. */
const steps: Readonly<Record<string, Step>> = {
  'No broker': async (scene, { says: [doctor], mends }) => {
    await scene.broker.stop();
    const { sentence } = await scene.why('broker_unreachable');
    assert.match(sentence, /^No broker has answered for \d+ s/);
    await scene.notReady('broker');
    assert.equal((await scene.get('/livez')).status, 200);
    assert.equal((await scene.run(String(doctor))).code, 1);
    await scene.broker.restart();
    await scene.why('none');
    await scene.answered(await scene.send(20));
    const [verified] = await scene.runAll(mends);
    assert.match(String(verified?.text), /Everything is as exactly_once promises/);
  },

  'Wrong offsets': async (scene, { breaks: [copy, wrong], says: [verify], mends }) => {
    await scene.runAll([String(copy)]);
    await scene.stop();
    const ids = await scene.send(24);
    await scene.runAll([String(wrong)]);
    await scene.start();
    const verified = await scene.run(String(verify));
    assert.equal(verified.code, 1, verified.text);
    assert.match(verified.text, /24/);
    await scene.stop();
    await scene.runAll(mends);
    await scene.start();
    await scene.answered(ids);
    await scene.runAll([String(verify)]);
  },

  'Paused and forgotten': async (scene, { breaks, mends }) => {
    await scene.runAll(breaks);
    const ids = await scene.send(16);
    const { remedy } = await scene.why('paused');
    assert.match(String(remedy), /kubesentiment resume/);
    await scene.notReady('paused');
    // What comes meanwhile shows in the lag, although nothing is fetched.
    const lag = /^kafka_consumer_lag\{.*partition="0".*\} (\d+)/m;
    await scene.until('a lag that grows', async () => (await scene.metric(lag)) === 2);
    assert.equal(await scene.metric(/^kafka_consumer_paused_partitions\{.*\} (\d+)/m), 8);
    await scene.runAll(mends);
    await scene.answered(ids);
  },

  'A transaction of somebody else': async (scene, row) => {
    const id = uniqueName('loader');
    await leaveOpen(scene.server, id);
    await seenAndEnded(scene, row, `transactional id "${id}"`);
  },

  'A transaction that hangs': async (scene, row) => {
    const transaction = { id: uniqueName('gone'), producerId: HANGING_PRODUCER };
    const records = [{ key: null, value: Buffer.from('{"text":"never seen"}'), headers: [] }];
    await produceRaw(scene.server, topics.requests, 0, records, { transaction });
    await seenAndEnded(scene, row, `producer ${HANGING_PRODUCER}`);
  },

  'Results do not fit': async (scene, { breaks, mends }) => {
    await scene.runAll(breaks);
    const ids = await scene.send(8);
    const { remedy } = await scene.why('transactions_failing');
    assert.match(String(remedy), /max\.message\.bytes.*kubesentiment topics/);
    const [mended] = await scene.runAll(mends);
    assert.match(String(mended?.text), /max\.message\.bytes: 100 to the default of the cluster/);
    assert.match(String(mended?.text), /"event":"cluster_changed"/);
    await scene.answered(ids);
  },

  'A right is missing': async (scene, { mends }) => {
    await allowOnly(scene.server, { resource: 'topic', name: topics.results, operation: 'describe' });
    const ids = await scene.send(8);
    const { sentence, remedy } = await scene.why('rights_missing');
    assert.match(sentence, /does not let this user write/);
    assert.match(String(remedy), /kubesentiment rights/);
    await scene.runAll(mends);
    await scene.answered(ids);
  },

  'Results topic deleted': async (scene, { mends }) => {
    await deleteTopic(scene.server, topics.results);
    const ids = await scene.send(8);
    await scene.why('transactions_failing');
    await scene.runAll(mends);
    await scene.answered(ids);
  },

  'Request topic deleted': async (scene, { mends }) => {
    await deleteTopic(scene.server, topics.requests);
    const { remedy } = await scene.why('topic_missing');
    assert.match(String(remedy), /kubesentiment topics create/);
    await scene.runAll(mends);
    await scene.why('none');
    await scene.answered(await scene.send(16));
  },

  'Too few partitions': async (scene, { says: [show], mends }) => {
    const before = await scene.runAll([String(show)]);
    assert.match(String(before[0]?.text), /^sentiment_requests +8 /m);
    await scene.runAll(mends);
    await scene.until('twelve partitions', async () => {
      const { partitions } = (await (await scene.get('/health/details')).json()) as { partitions: unknown[] };
      return partitions.length === 12;
    });
    for (const partition of [8, 11]) await scene.answered(await scene.send(4, partition));
  },

  'A malformed message': async (scene, { breaks, says: [list], mends }) => {
    await scene.runAll(breaks);
    await scene.until('a dead letter', async () => {
      const { letters } = (await (await scene.get('/api/v1/dlq')).json()) as {
        letters: { reason: string }[];
      };
      return letters.some(({ reason }) => reason === 'invalid_message');
    });
    const listed = await scene.runAll([String(list)]);
    assert.match(String(listed[0]?.text), /invalid_message/);
    await scene.runAll(mends);
    assert.match((await scene.run(String(list))).text, /No dead letters/);
    await scene.answered(await scene.send(8));
  },

  'Good messages are given up on': async (scene, { says: [stats], mends }) => {
    await scene.stop();
    await scene.start({ KAFKA_MAX_MESSAGE_BYTES: '128' });
    const ids = await scene.send(200, undefined, `A warm and funny film, ${'and long, '.repeat(20)}`);
    const { remedy } = await scene.why('dead_letter_stop');
    assert.match(String(remedy), /kubesentiment dlq stats/);
    await scene.notReady('dead_letters');
    const [said] = await scene.runAll([String(stats)]);
    assert.match(String(said?.text), /too_large/);
    await scene.stop();
    await scene.start();
    await scene.runAll(mends);
    await scene.answered(ids);
  },

  'A broken model': async (scene, { says: [reload], mends }) => {
    mkdirSync(join(scene.folder, 'broken-model'));
    writeFileSync(join(scene.folder, 'broken-model/config.json'), '{}');
    scene.putModel('broken-model');
    const refused = await scene.run(String(reload));
    assert.equal(refused.code, 1, refused.text);
    assert.match(refused.text, /tokenizer|onnx|model/i);
    await scene.answered(await scene.send(8));
    scene.putModel('good-model');
    await scene.runAll(mends);
    await scene.answered(await scene.send(8));
  },

  'A mistake in the configuration': async (scene, { says: [reload], mends }) => {
    const file = join(scene.folder, 'configs/kafka.yaml');
    const before = readFileSync(file, 'utf8');
    writeFileSync(file, before.replace(/^ {2}dlq_stop_ratio: .*$/m, '  dlq_stop_ratio: most'));
    const refused = await scene.run(String(reload));
    assert.equal(refused.code, 1, refused.text);
    assert.match(refused.text, /dlq_stop_ratio/);
    writeFileSync(file, before.replace(/^ {2}dlq_stop_ratio: .*$/m, '  dlq_stop_ratio: 0.75'));
    const [mended] = await scene.runAll(mends);
    assert.match(String(mended?.text), /dlq_stop_ratio: 0\.5 -> 0\.75/);
    await scene.answered(await scene.send(8));
  },
};

test('each break ends with a command of ours, and every request is answered once', {
  skip: noBroker,
}, async (t) => {
  const rows = readWalk();
  assert.deepEqual(
    rows.map(({ name }) => name),
    Object.keys(steps),
    'README has the same breaks in the same order',
  );
  const scene = await WalkScene.open();
  t.after(() => scene.close());
  await scene.start();
  await scene.answered(await scene.send(16));
  for (const row of rows) {
    assert.notEqual(row.mends.length, 0, `${row.name}: README names a command of ours`);
    await t.test(row.name, () => (steps[row.name] as Step)(scene, row));
  }
  await scene.stop();
});

/** A producer that is gone in the middle of its transaction, as one that was killed. */
async function leaveOpen(server: string, id: string): Promise<void> {
  const producer = new Kafka.Producer({
    'bootstrap.servers': server,
    log_level: 0,
    'transactional.id': id,
    'transaction.timeout.ms': ENDLESS_MS,
  });
  const call = (start: (done: (error?: unknown) => void) => unknown): Promise<void> =>
    new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
  await call((done) => producer.connect({ timeout: TIMEOUT_MS }, done));
  await call((done) => producer.initTransactions(TIMEOUT_MS, done));
  await call((done) => producer.beginTransaction(done));
  producer.produce(topics.requests, 0, Buffer.from('{"text":"never seen"}'), null, Date.now());
  await call((done) => producer.flush(TIMEOUT_MS, done));
  await call((done) => producer.disconnect(() => done()));
}

/** Requests wait behind the transaction until it is ended. */
async function seenAndEnded(
  scene: WalkScene,
  { says: [lag], mends }: WalkRow,
  holder: string,
): Promise<void> {
  const ids = await scene.send(4, 0);
  const { sentence, remedy } = await scene.why('open_transaction');
  assert.ok(sentence.includes(`sentiment_requests/0 is blocked at offset`), sentence);
  assert.ok(sentence.includes(`an open transaction of ${holder}`), sentence);
  assert.match(String(remedy), /kubesentiment transactions abort/);
  if (lag !== undefined) assert.match((await scene.run(lag)).text, /blocked/);
  const [ended] = await scene.runAll(mends);
  assert.match(String(ended?.text), /sentiment_requests\/0: ended\./);
  await scene.answered(ids);
}
