/** Members that come, go, die and are evicted by the group: nothing is lost and nothing comes out twice. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/corpus/random.ts';
import type { FakeBroker } from './fake-broker.ts';
import {
  answeredOrBroken,
  createBroker,
  faultsOf,
  Member,
  type MemberOptions,
  sendRequests,
  topics,
  until,
} from './rig.ts';

// The loops of a killed member wait for answers that never come, and would keep this file from ending. The mutants'
// runner ends it by itself.
if (process.env['KUBESENTIMENT_MUTANT'] === undefined) {
  after(() => void setTimeout(() => process.exit(), 1_000).unref());
}

const REQUESTS = 600;
const PARTITIONS = 6;
const EVENTS = 25;

/** One thing that happens to the group. */
type Event = 'join' | 'stop' | 'kill' | 'forget' | 'rebalance';
const events: readonly Event[] = ['join', 'join', 'stop', 'kill', 'forget', 'forget', 'rebalance'];

class Group {
  readonly #broker: FakeBroker;
  readonly #random: Random;
  readonly #options: MemberOptions;
  readonly members: Member[] = [];
  readonly stopped: Member[] = [];
  readonly happened: Event[] = [];

  constructor(broker: FakeBroker, random: Random, options: MemberOptions) {
    this.#broker = broker;
    this.#random = random;
    this.#options = options;
    this.members.push(new Member(broker, options).start());
  }

  async next(): Promise<void> {
    const event = this.#random.pick(events);
    const index = this.#random.between(0, this.members.length - 1);
    const member = this.members[index] as Member;
    const isLast = this.members.length === 1;
    if ((event === 'stop' || event === 'kill') && isLast) return;
    if (event === 'join' && this.members.length === 4) return;
    this.happened.push(event);
    if (event === 'join') this.members.push(new Member(this.#broker, this.#options).start());
    else if (event === 'rebalance') await this.#broker.rebalance();
    else if (event === 'forget') await this.#forget(member);
    else {
      this.members.splice(index, 1);
      if (event === 'kill') await member.kill();
      else {
        await member.stop();
        this.stopped.push(member);
      }
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.members.map((member) => member.stop()));
    this.stopped.push(...this.members);
  }

  async #forget(member: Member): Promise<void> {
    const consumer = this.#random.pick(member.consumers);
    const forgotten = this.#broker.expel(consumer);
    await sleep(this.#random.between(0, 30)); // it continues for a while, unaware
    await consumer.expelled();
    await forgotten;
  }
}

async function runGroup(seed: number, settings: MemberOptions['settings'] = {}): Promise<string[]> {
  const random = new Random(seed);
  const broker = createBroker(PARTITIONS);
  sendRequests(broker, REQUESTS, () => (random.chance(0.05) ? random.between(1, 5) : 0));
  const group = new Group(broker, random, {
    settings: { 'kafka.buffer_size': 60, ...settings },
    faults: (call) => (call === 'commit' && random.chance(0.03) ? 'abort' : 'none'),
    latencyMs: () => random.between(0, 4),
    pool: { latencyMs: () => random.between(5, 30) },
  });
  while (broker.audit.answered < REQUESTS && group.happened.length < EVENTS) {
    await sleep(random.between(1, 50));
    await group.next();
  }
  const stall = await answeredOrBroken(broker, REQUESTS, group.members);
  await group.stop();
  const left = group.stopped.filter(({ table }) => table.usedCount > 0).map(() => 'slots are still in use');
  const fatal = group.stopped.flatMap((member) => member.fatal.map(String));
  return [...stall, ...fatal, ...faultsOf(broker), ...left];
}

test('members that join, leave, die and are evicted, with transactions that fail', async () => {
  for (let seed = 0; seed < 24; seed += 6) {
    const seeds = Array.from({ length: 6 }, (_, i) => seed + i);
    const faults = await Promise.all(seeds.map((each) => runGroup(each)));
    assert.deepEqual(
      faults,
      seeds.map(() => []),
      `seeds ${seed} to ${seed + 5}`,
    );
  }
});

test('messages not finished in time are dropped, and read again by the next owner', async () => {
  const seeds = [100, 101, 102, 103, 104, 105];
  const faults = await Promise.all(seeds.map((seed) => runGroup(seed, { 'kafka.drain_timeout_ms': 1 })));
  assert.deepEqual(
    faults,
    seeds.map(() => []),
  );
});

test('an evicted consumer commits nothing more, and resumes work when it is back', async () => {
  const broker = createBroker(2);
  sendRequests(broker, 100);
  const first = new Member(broker, {
    settings: { 'kafka.consumer_threads': 1 },
    pool: { latencyMs: () => 10 },
  });
  first.start();
  await until('some are committed', () => broker.audit.answered > 10);
  const [consumer] = first.consumers;
  assert.ok(consumer !== undefined);
  await broker.expel(consumer);
  const committed = broker.audit.answered;
  await sleep(100);
  assert.equal(broker.audit.answered, committed);
  await consumer.expelled();
  await until('all is done', () => broker.audit.answered === 100);
  await first.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.equal(broker.all(topics.results).length, 100);
});

test('a partition whose offset is in an open transaction has not been read to its end', async () => {
  const broker = createBroker(1);
  sendRequests(broker, 20);
  const pending = { records: [], offsets: [{ topic: topics.requests, partition: 0, offset: 0 }] };
  broker.transactions.add(pending);
  const member = new Member(broker, { settings: { 'kafka.consumer_threads': 1 } }).start();
  await until('it has polled', () => (member.consumers[0]?.polls ?? 0) > 10);
  assert.deepEqual(
    [...member.session.assignments.ledgers()].map(({ reachedEnd }) => reachedEnd),
    [-1],
  );
  broker.transactions.delete(pending);
  await until('all is done', () => broker.audit.answered === 20);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
});
