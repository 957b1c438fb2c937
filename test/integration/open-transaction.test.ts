/**
 * Another producer's transaction on the offsets of the group is open while partitions are assigned: a member that was
 * killed leaves one behind. The next owner waits for its end, and reads on where the group stands then.
 */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkTopics } from '../chaos/check.ts';
import { type Cluster, startCluster } from '../chaos/cluster.ts';
import { ForeignTransaction } from '../chaos/foreign-transaction.ts';
import { errorsIn } from '../chaos/protocol.ts';
import { commandWith } from '../helpers/command.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { committedOffsets, produceAll } from '../helpers/kafka-client.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 4;
/** In each partition so many were answered before, and so many are waiting. */
const ANSWERED = 50;
const WAITING = 50;
/** Answer of the broker while the offsets of a partition are in an open transaction. */
const UNSTABLE_OFFSET_COMMIT = 88;
/** A member that was told asks again after this, ms: long enough for the next assignment to come meanwhile. */
const ASK_AGAIN_MS = 1_000;
/** Told to both members, and to one of them again. */
const REFUSALS = 3;
const WAIT_MS_MAX = 60_000;
/** Longer than the test takes. */
const HANGING_MS = 600_000;

let cluster: Cluster | undefined;
after(() => cluster?.close());

const protocols: Readonly<Record<string, Settings>> = {
  cooperative: { 'kafka.partition_assignment_strategy': 'cooperative-sticky' },
  eager: { 'kafka.partition_assignment_strategy': 'range' },
  'KIP-848': { 'kafka.group_protocol': 'consumer' },
};
for (const [name, protocol] of Object.entries(protocols)) {
  for (const reset of ['latest', 'earliest']) {
    test(`members wait for an open transaction: ${name}, ${reset}`, { skip: noBroker }, async (t) => {
      const found = await tryOpenTransaction({ ...protocol, 'kafka.auto_offset_reset': reset });
      t.diagnostic(JSON.stringify(found.counts));
      assert.deepEqual(found.counts, { lost: 0, duplicated: 0, outOfOrder: 0 }, found.log);
    });
  }
}

test('a transaction that stays open on the offsets is named by the log and by doctor', {
  skip: noBroker,
}, async () => {
  cluster ??= await startCluster(1);
  const { broker, direct } = cluster;
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await broker.createTopic(topic, 1);
  const group = uniqueName('group');
  await produceAll(direct, topics.requests, [request({ partition: 0, offset: 0 })]);
  const offsets = [{ topic: topics.requests, partition: 0, offset: 0 }];
  await (await ForeignTransaction.open(direct, group, offsets)).commit();
  const foreign = await ForeignTransaction.open(direct, group, offsets, HANGING_MS);
  const settings = {
    'kafka.bootstrap_servers': direct,
    ...topicSettings(topics),
    'kafka.consumer_group': group,
    'model.path': 'null',
  };
  const member = startService(settings);
  await member.waitFor('offsets_held_back');
  const command = commandWith(settings);
  const lag = await command('lag', '--json');
  assert.equal(lag.json.messages, 1, 'lag does not wait for it');
  const shown = await command('offsets', 'show', '--json');
  assert.equal(shown.json.offsets[0].committed, 0, 'nor does offsets show');
  const verified = await command('verify', '--json');
  assert.equal(
    verified.code,
    3,
    `nor does verify, which knows that a request is unfinished: ${verified.stdout}`,
  );
  const doctor = await command('doctor', '--json');
  const { status, detail } = doctor.json.checks.find(({ name }: { name: string }) => name === 'transactions');
  assert.equal(status, 'warn', detail);
  assert.match(detail, /__consumer_offsets\/\d+: \d+ records behind one of transactional id "foreign/);
  await foreign.abort();
  await until(
    [member],
    async () => (await committedOffsets(direct, group, topics.requests))[0]?.offset === 1,
  );
  member.kill('SIGTERM');
  assert.equal(await member.exited, 0, member.log());
});

async function tryOpenTransaction(settings: Settings) {
  // As it is by default: the broker looks for transactions that nobody ends every ten seconds.
  cluster ??= await startCluster(1, {
    'transaction.abort.timed.out.transaction.cleanup.interval.ms': '10000',
  });
  const { broker, direct, proxied, logDirs } = cluster;
  const topics = uniqueTopics();
  const { requests } = topics;
  for (const topic of Object.values(topics)) await broker.createTopic(topic, PARTITIONS);
  const group = uniqueName('group');
  const offsets = eachPartition(1).map(({ partition }) => ({ topic: requests, partition, offset: ANSWERED }));
  await produceAll(direct, requests, eachPartition(ANSWERED + WAITING).map(request));
  await produceAll(direct, topics.results, eachPartition(ANSWERED).map(result(requests)));
  await (await ForeignTransaction.open(direct, group, offsets)).commit();

  const foreign = await ForeignTransaction.open(direct, group, offsets);
  let refusals = 0;
  cluster.onAnswer = ({ header }, response) => {
    if (header.api !== 'offsetFetch') return;
    if (errorsIn(header, response).some(({ code }) => code === UNSTABLE_OFFSET_COMMIT)) refusals++;
  };
  const start = (): ServiceProcess =>
    startService({
      'kafka.bootstrap_servers': proxied,
      ...topicSettings(topics),
      'kafka.consumer_group': group,
      'kafka.consumer_threads': 1,
      'kafka.heartbeat_interval_ms': 1_000,
      'kafka.librdkafka': JSON.stringify({
        'retry.backoff.ms': ASK_AGAIN_MS,
        'retry.backoff.max.ms': ASK_AGAIN_MS,
      }),
      'model.path': 'null',
      ...settings,
    });
  const first = start();
  await until([first], () => refusals > 0);
  const members = [first, start()];
  // With the second one the assignment of the first changes while it waits.
  await first.waitFor('partitions_revoked');
  refusals = 0;
  await until(members, () => refusals >= REFUSALS);
  cluster.onAnswer = undefined;
  await foreign.abort();
  // Nobody gets there without having done what is before, and whatever is done twice.
  await produceAll(direct, requests, eachPartition(1).map(request));
  const end = PARTITIONS * (ANSWERED + WAITING + 1);
  await until(members, async () => {
    const committed = await committedOffsets(direct, group, requests);
    return committed.reduce((sum, { offset = 0 }) => sum + offset, 0) === end;
  });
  for (const member of members) member.kill('SIGTERM');
  for (const member of members) assert.equal(await member.exited, 0, member.log());
  const { lost, duplicated, outOfOrder } = await checkTopics(direct, topics, logDirs[0] as string);
  return {
    counts: { lost: lost.count, duplicated: duplicated.count, outOfOrder: outOfOrder.count },
    log: logOf(members),
  };
}

/** Fails with the log when a member ends before, or it takes far too long. */
async function until(
  members: readonly ServiceProcess[],
  isSo: () => boolean | Promise<boolean>,
): Promise<void> {
  let ended = false;
  for (const { exited } of members)
    void exited.then(() => {
      ended = true;
    });
  const deadline = performance.now() + WAIT_MS_MAX;
  while (!(await isSo())) {
    if (ended || performance.now() > deadline)
      assert.fail(`${ended ? 'A member has ended' : 'Nothing happens'}:\n${logOf(members)}`);
    await sleep(20);
  }
}

function logOf(members: readonly ServiceProcess[]): string {
  return members.map((member) => member.log()).join('\n');
}

interface Place {
  readonly partition: number;
  readonly offset: number;
}

function eachPartition(count: number): Place[] {
  return Array.from({ length: PARTITIONS * count }, (_, i) => ({
    partition: i % PARTITIONS,
    offset: Math.floor(i / PARTITIONS),
  }));
}

function request({ partition, offset }: Place) {
  return { partition, value: JSON.stringify({ text: `Number ${offset} of ${partition} was good.` }) };
}

/** As much of it as the check reads. */
function result(topic: string) {
  return ({ partition, offset }: Place) => ({
    partition,
    value: JSON.stringify({ source: { topic, partition, offset } }),
  });
}
