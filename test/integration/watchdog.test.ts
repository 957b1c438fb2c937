/** A message that makes the event loop stand still: the process ends, and the second time it is the last one. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { headerOf, waitForDelivery } from '../helpers/delivery.ts';
import { startFaulty } from '../helpers/faulty-service.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { SPINNING_TEXT, UNPACKABLE_TEXT, UNWRITABLE_TEXT, WAITING_TEXT } from '../helpers/stand-still.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 2;
const REQUESTS = 120;
const WATCHDOG_MS = 2_000;
/** Messages are processed one at a time then, and the machine may be busy. */
const DELIVERY_MS = 300_000;
/** As numbers of requests; both are in partition 0. */
const SPINNING = 40;
const WAITING = 70;

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-watchdog-'));
const pipe = join(folder, 'pipe');
execFileSync('mkfifo', [pipe]);
after(() => rmSync(folder, { recursive: true }));

async function prepare(delivery: string) {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, PARTITIONS);
  const settings = {
    'kafka.bootstrap_servers': bootstrap,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'kafka.delivery': delivery,
    'kafka.session_timeout_ms': 6_000,
    'kafka.heartbeat_interval_ms': 1_500,
    'kafka.watchdog_timeout_ms': WATCHDOG_MS,
    'kafka.dlq_stop_ratio': 0,
  };
  return { bootstrap, topics, settings };
}

interface Blocked {
  readonly phase: string;
  readonly in_hand: readonly string[];
  readonly where: readonly string[];
}

function blockedLine(service: ServiceProcess): Blocked {
  const line = service
    .log()
    .split('\n')
    .find((each) => each.includes('"event":"event_loop_blocked"'));
  assert.ok(line !== undefined, service.log());
  return JSON.parse(line) as Blocked;
}

/** The last line of a service whose event loop stood still, and which has remembered what it had in hand. */
async function blocked(settings: Settings): Promise<Blocked> {
  const service = startFaulty(settings, pipe);
  assert.equal(await service.exited, 70, service.log());
  assert.ok(!service.log().includes('stall_not_remembered'), service.log());
  return blockedLine(service);
}

for (const delivery of ['exactly_once', 'at_least_once']) {
  test(`a message that makes the event loop stand still becomes a dead letter, ${delivery}`, {
    skip: noBroker,
  }, async (t) => {
    const { bootstrap, topics, settings } = await prepare(delivery);
    const textOf = (i: number): string =>
      i === SPINNING ? SPINNING_TEXT : i === WAITING ? WAITING_TEXT : `Number ${i} is fine.`;
    const texts = Array.from({ length: REQUESTS }, (_, i) => textOf(i));
    await produceAll(
      bootstrap,
      topics.requests,
      texts.map((text, i) => ({ value: JSON.stringify({ text }), partition: i % PARTITIONS })),
    );
    const ended = [await blocked(settings), await blocked(settings), await blocked(settings)];
    const last = startFaulty(settings, pipe);
    const { lost, doubled, outOfOrder, results, deadLetters } = await waitForDelivery(
      bootstrap,
      topics,
      REQUESTS,
      DELIVERY_MS,
    );
    last.kill('SIGTERM');
    assert.equal(await last.exited, 0, last.log());

    await t.test('nothing is lost or doubled, and only the two are dead letters', () => {
      assert.deepEqual({ lost, doubled, outOfOrder }, { lost: [], doubled: [], outOfOrder: [] });
      assert.equal(results.length, REQUESTS - 2);
      const about = deadLetters.map((letter) =>
        [
          'kafka_dlt-original-partition',
          'kafka_dlt-original-offset',
          'x-error-type',
          'x-stage',
          'x-attempts',
        ].map((name) => headerOf(letter, name)),
      );
      assert.deepEqual(about.sort(), [
        ['0', String(SPINNING / PARTITIONS), 'timeout', 'decode', '2'],
        ['0', String(WAITING / PARTITIONS), 'timeout', 'decode', '2'],
      ]);
    });
    await t.test('the last line of each process says where it stood, and with what in hand', () => {
      assert.deepEqual(
        ended.map(({ phase }) => phase),
        ['decode', 'decode', 'decode'],
      );
      const alone = (i: number): string => `${topics.requests}/0 ${i / PARTITIONS}-${i / PARTITIONS}`;
      assert.deepEqual(
        ended.slice(1).map(({ in_hand }) => in_hand),
        [[alone(SPINNING)], [alone(WAITING)]],
      );
      assert.match(String(ended[1]?.where[0]), /standStill \(stand-still\.js:\d+\)/);
      assert.deepEqual(ended[2]?.where, ['native code']);
    });
  });
}

for (const [phase, text] of [
  ['classify', UNPACKABLE_TEXT],
  ['publish', UNWRITABLE_TEXT],
] as const) {
  test(`so does one that does it later: ${phase}`, { skip: noBroker }, async () => {
    const { bootstrap, topics, settings } = await prepare('exactly_once');
    const [count, place] = [40, 20];
    const texts = Array.from({ length: count }, (_, i) => (i === place ? text : `Number ${i} is fine.`));
    await produceAll(
      bootstrap,
      topics.requests,
      texts.map((text, i) => ({ value: JSON.stringify({ text }), partition: i % PARTITIONS })),
    );
    const [first, second] = [await blocked(settings), await blocked(settings)];
    const last = startFaulty(settings, pipe);
    const { lost, doubled, outOfOrder, deadLetters } = await waitForDelivery(
      bootstrap,
      topics,
      count,
      DELIVERY_MS,
    );
    last.kill('SIGTERM');
    assert.equal(await last.exited, 0, last.log());
    assert.deepEqual({ lost, doubled, outOfOrder }, { lost: [], doubled: [], outOfOrder: [] });
    assert.deepEqual(
      deadLetters.map((letter) =>
        ['kafka_dlt-original-offset', 'x-error-type', 'x-attempts'].map((name) => headerOf(letter, name)),
      ),
      [[String(place / PARTITIONS), 'timeout', '2']],
    );
    assert.deepEqual([first.phase, second.phase], [phase, phase]);
    const offset = place / PARTITIONS;
    assert.deepEqual(second.in_hand, [`${topics.requests}/0 ${offset}-${offset}`]);
    assert.match(String(second.where[0]), /standStill \(stand-still\.js:\d+\)/);
  });
}

test('a process that was stopped and continued is not ended', { skip: noBroker }, async () => {
  const { bootstrap, topics, settings } = await prepare('exactly_once');
  const service = startService({ ...settings, 'kafka.session_timeout_ms': 30_000 });
  await service.waitFor('partitions_assigned');
  for (let round = 0; round < 3; round++) {
    process.kill(service.pid, 'SIGSTOP');
    await sleep(WATCHDOG_MS); // for longer than it may stand still, in all
    process.kill(service.pid, 'SIGCONT');
    await sleep(WATCHDOG_MS / 10);
  }
  await produceAll(bootstrap, topics.requests, [{ value: '{"text":"It goes on."}' }]);
  const { results } = await waitForDelivery(bootstrap, topics, 1);
  assert.equal(results.length, 1, service.log());
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.ok(!service.log().includes('event_loop_blocked'), service.log());
});
