/** The service against a real Apache Kafka: nothing lost, nothing doubled, an orderly end. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { checkDelivery, type Topics, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { committedOffsets, produceAll } from '../helpers/kafka-client.ts';
import { type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 3;
const noTerminal = spawnSync('script', ['--version']).status === 0 ? false : 'there is no script(1)';
const noFullDevice = existsSync('/dev/full') ? false : 'no /dev/full';

async function createTopics(): Promise<{
  bootstrap: string;
  topics: Topics;
  settings: Settings;
  group: string;
}> {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, PARTITIONS);
  const group = uniqueName('group');
  const settings = {
    'kafka.bootstrap_servers': bootstrap,
    ...topicSettings(topics),
    'kafka.consumer_group': group,
  };
  return { bootstrap, topics, settings, group };
}

function requests(count: number): { value: string; key: string | null; partition: number }[] {
  return Array.from({ length: count }, (_, i) => ({
    value: JSON.stringify({
      id: `id-${i}`,
      text: `It was ${i % 2 ? 'a joy' : 'a bore'} from minute ${i} on.`,
    }),
    key: i % 3 === 0 ? null : `user-${i % 50}`,
    partition: i % PARTITIONS,
  }));
}

/** Sends all requests; when it resolves, some have been answered and others have only just been sent. */
async function intoTheMiddle(
  bootstrap: string,
  topics: Topics,
  all: ReturnType<typeof requests>,
): Promise<void> {
  const half = all.length / 2;
  await produceAll(bootstrap, topics.requests, all.slice(0, half));
  await waitForDelivery(bootstrap, topics, 1);
  await produceAll(bootstrap, topics.requests, all.slice(half));
}

const nothing = { lost: [], doubled: [], outOfOrder: [] };
const faultsOf = ({ lost, doubled, outOfOrder }: typeof nothing) => ({ lost, doubled, outOfOrder });

test('every request comes out once and in order, and SIGTERM drains', { skip: noBroker }, async () => {
  const { bootstrap, topics, settings, group } = await createTopics();
  const total = 1_500;
  const service = startService(settings);
  await intoTheMiddle(bootstrap, topics, requests(total));
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());

  // What the first run has taken it has finished: the committed offsets match what is visible.
  const between = await checkDelivery(bootstrap, topics);
  const committed = await committedOffsets(bootstrap, group, topics.requests);
  const sum = committed.reduce((before, { offset }) => before + (offset ?? 0), 0);
  assert.equal(between.results.length, sum);

  const again = startService(settings);
  const delivery = await waitForDelivery(bootstrap, topics, total);
  again.kill('SIGTERM');
  assert.equal(await again.exited, 0, again.log());
  assert.deepEqual(faultsOf(delivery as never), nothing);
  assert.equal(delivery.results.length, total);

  const result = JSON.parse(String(delivery.results[0]?.value)) as Record<string, unknown>;
  assert.deepEqual(Object.keys(result).slice(0, 5), ['id', 'label', 'score', 'model', 'model_version']);
  assert.match(String(result['label']), /^(POSITIVE|NEGATIVE)$/);
});

test('a killed process loses and doubles nothing', { skip: noBroker }, async () => {
  const { bootstrap, topics, settings } = await createTopics();
  const total = 1_200;
  const victim = startService(settings);
  await intoTheMiddle(bootstrap, topics, requests(total));
  victim.kill('SIGKILL');
  await victim.exited;

  const heir = startService(settings);
  await heir.waitFor('partitions_assigned');
  const delivery = await waitForDelivery(bootstrap, topics, total, 90_000);
  heir.kill('SIGTERM');
  assert.equal(await heir.exited, 0, heir.log());
  assert.deepEqual(faultsOf(delivery as never), nothing);
  assert.equal(delivery.results.length, total);
});

test('members that join and leave share the work without losing or doubling any', {
  skip: noBroker,
}, async () => {
  const { bootstrap, topics, settings } = await createTopics();
  const total = 2_000;
  await produceAll(bootstrap, topics.requests, requests(total));
  const first = startService(settings);
  await first.waitFor('partitions_assigned');
  const second = startService(settings);
  await second.waitFor('partitions_assigned');
  first.kill('SIGTERM');
  assert.equal(await first.exited, 0, first.log());
  const delivery = await waitForDelivery(bootstrap, topics, total);
  second.kill('SIGTERM');
  assert.equal(await second.exited, 0, second.log());
  assert.deepEqual(faultsOf(delivery as never), nothing);
  assert.equal(delivery.results.length, total);
});

/** Its commits are answered by polls, which must go on while it drains. */
test('at_least_once: SIGTERM drains in the middle of the work', { skip: noBroker }, () =>
  drainsAt('SIGTERM'),
);
test('at_least_once: so does SIGHUP where it comes from a terminal', { skip: noBroker || noTerminal }, () =>
  drainsAt('SIGHUP'),
);

/** Runs what follows on a terminal of its own, with its pid in a file; its standard error stays what it was. */
function onTerminal(pidFile: string): readonly string[] {
  const quoted = `line="echo \\$\\$ > ${pidFile}; exec"; for word; do line="$line '$word'"; done`;
  return ['sh', '-c', `${quoted}; exec script -qfec "$line 2>&9" /dev/null 9>&2`, 'sh'];
}

async function drainsAt(signal: 'SIGTERM' | 'SIGHUP'): Promise<void> {
  const pidFile = join(mkdtempSync(join(tmpdir(), 'kubesentiment-pid-')), 'pid');
  const { bootstrap, topics, settings, group } = await createTopics();
  const service = startService(
    {
      ...settings,
      'kafka.delivery': 'at_least_once',
      'kafka.drain_timeout_ms': 10_000,
      'model.path': 'null',
    },
    {},
    signal === 'SIGHUP' ? onTerminal(pidFile) : [],
  );
  await service.waitFor('partitions_assigned');
  const sending = produceAll(bootstrap, topics.requests, requests(150_000));
  while (
    (await committedOffsets(bootstrap, group, topics.requests)).every(({ offset }) => offset === undefined)
  );
  if (signal === 'SIGTERM') service.kill(signal);
  else process.kill(Number(readFileSync(pidFile, 'utf8')), signal);
  assert.equal(await service.exited, 0, service.log());
  await sending;
  const { results } = await checkDelivery(bootstrap, topics);
  const committed = await committedOffsets(bootstrap, group, topics.requests);
  assert.equal(
    results.length,
    committed.reduce((sum, { offset }) => sum + (offset ?? 0), 0),
  );
}

test('at_least_once delivers everything too', { skip: noBroker }, async () => {
  const { bootstrap, topics, settings, group } = await createTopics();
  await produceAll(bootstrap, topics.requests, requests(300));
  const service = startService({ ...settings, 'kafka.delivery': 'at_least_once' });
  const delivery = await waitForDelivery(bootstrap, topics, 300);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual(faultsOf(delivery as never), nothing);
  const committed = await committedOffsets(bootstrap, group, topics.requests);
  assert.deepEqual(
    committed.map(({ offset }) => offset),
    [100, 100, 100],
  );
});

test('standard error on a full disk ends nothing: each request is answered, and the stop is clean', {
  skip: noBroker || noFullDevice,
}, async () => {
  const { bootstrap, topics, settings } = await createTopics();
  const bad = Array.from({ length: 60 }, (_, i) => ({ value: 'no request', partition: i % PARTITIONS }));
  await produceAll(bootstrap, topics.requests, [...requests(30), ...bad]); // each bad one is a line of the log
  const onFullDisk = ['sh', '-c', 'exec "$@" 2> /dev/full', 'sh'];
  const service = startService({ ...settings, 'kafka.dlq_stop_ratio': 0 }, {}, onFullDisk);
  const { lost, doubled, deadLetters } = await waitForDelivery(bootstrap, topics, 90);
  assert.deepEqual([lost, doubled, deadLetters.length], [[], [], 60]);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0);
});
