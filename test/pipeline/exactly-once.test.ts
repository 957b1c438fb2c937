/** Whatever fails between begin and commit: each request comes out once, with its own result, in order. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/corpus/random.ts';
import type { TopicPartition } from '../../src/types.ts';
import type { Fault, ProducerCall } from './fake-producer.ts';
import {
  answeredOrBroken,
  createBroker,
  deadLetterTypes,
  faultsOf,
  Member,
  sendRequests,
  topics,
  until,
} from './rig.ts';

/** The share of calls to the producer that fail. */
const shares: Record<ProducerCall, number> = {
  begin: 0.04,
  produce: 0.0005,
  sendOffsets: 0.04,
  commit: 0.06,
  abort: 0,
  flush: 0.1,
};

function randomFaults(random: Random): (call: ProducerCall) => Fault {
  return (call) => (random.chance(shares[call]) ? 'abort' : 'none');
}

async function runWithFaults(seed: number, exactlyOnce: boolean): Promise<string[]> {
  const random = new Random(seed);
  const broker = createBroker(3, exactlyOnce);
  const requests = 300;
  sendRequests(broker, requests, () => (random.chance(0.1) ? random.between(1, 5) : 0));
  for (let partition = 0; partition < 3; partition++)
    if (random.chance(0.5)) broker.mark({ topic: topics.requests, partition }, random.between(1, 50));
  const member = new Member(broker, {
    settings: { 'kafka.delivery': exactlyOnce ? 'exactly_once' : 'at_least_once' },
    faults: randomFaults(random),
    latencyMs: () => random.between(0, 3),
    rewind: () => (random.chance(0.1) ? random.between(1, 20) : 0),
    pool: {
      latencyMs: () => random.between(0, 8),
      fault: () => (random.chance(0.05) ? 'fail' : 'none'),
    },
  }).start();
  const stall = await answeredOrBroken(broker, requests, [member]);
  await member.stop();
  const left = member.table.usedCount === 0 ? [] : [`${member.table.usedCount} slots are still in use`];
  return [...stall, ...member.fatal.map(String), ...faultsOf(broker), ...left];
}

/** The seed decides what fails; what is happening at that moment depends on the machine. */
async function runSeeds(seeds: number, exactlyOnce: boolean): Promise<Map<number, string[]>> {
  const failures = new Map<number, string[]>();
  for (let first = 0; first < seeds && failures.size === 0; first += 8) {
    const group = Array.from({ length: Math.min(8, seeds - first) }, (_, i) => first + i);
    const found = await Promise.all(group.map((seed) => runWithFaults(seed, exactlyOnce)));
    found.forEach((faults, i) => {
      if (faults.length > 0) failures.set(first + i, faults);
    });
  }
  return failures;
}

test('transactions that fail at any call: every request once, in order, no slot lost', async () => {
  assert.deepEqual(await runSeeds(40, true), new Map());
});

test('at_least_once: nothing is lost and no offset is ahead of its results, whatever fails', async () => {
  const failures = await runSeeds(16, false);
  // Duplicates put a result after later ones; nothing else may be wrong.
  const wrong = [...failures.values()].flat().filter((fault) => !fault.endsWith('is out of order'));
  assert.deepEqual(wrong, []);
});

test('a full producer queue only slows things down', async () => {
  const random = new Random(1);
  const broker = createBroker(2);
  sendRequests(broker, 200);
  const member = new Member(broker, {
    faults: (call) => (call === 'produce' && random.chance(0.3) ? 'full' : 'none'),
  }).start();
  await until('all is done', () => broker.audit.answered === 200);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.equal(broker.all(topics.results).length, 200);
  assert.equal(member.counters.transactionsCommitted > 0, true);
});

test('tombstones are passed over and counted, and their offsets are committed', async () => {
  const broker = createBroker(1);
  sendRequests(broker, 10);
  for (let i = 0; i < 120; i++) broker.request(topics.requests, { partition: 0, value: null });
  const member = new Member(broker).start();
  await until('all is committed', () => broker.committed({ topic: topics.requests, partition: 0 }) === 130);
  await member.stop();
  assert.equal(broker.all(topics.results).length, 10);
  assert.deepEqual(deadLetterTypes(broker), []);
  assert.equal(member.counters.tombstones, 120);
  assert.equal(member.hasStoppedTaking, false);
});

for (const delivery of ['exactly_once', 'at_least_once']) {
  test(`what nobody can read at the end of a partition is passed over: ${delivery}`, async () => {
    const broker = createBroker(2, delivery === 'exactly_once');
    const [read, empty] = [0, 1].map((partition) => ({ topic: topics.requests, partition })) as [
      TopicPartition,
      TopicPartition,
    ];
    for (let i = 0; i < 10; i++) broker.request(topics.requests, { partition: 0, value: Buffer.from('{') });
    broker.mark(read, 7);
    broker.mark(empty, 2_000);
    const member = new Member(broker, { settings: { 'kafka.delivery': delivery } }).start();
    await until('all is committed', () => broker.committed(read) === 17 && broker.committed(empty) === 2_000);
    broker.mark(read, 5);
    await until('the offset has moved again', () => broker.committed(read) === 22);
    await member.stop();
    assert.deepEqual([...member.fatal, ...faultsOf(broker)], []);
    assert.equal(broker.all(topics.deadLetters).length, 10);
  });
}

test('malformed messages and requests share a transaction, in offset order', async () => {
  const broker = createBroker(1);
  sendRequests(broker, 50);
  for (const value of [null, Buffer.alloc(0), Buffer.from('{'), Buffer.from('{"text":1}')]) {
    broker.request(topics.requests, { partition: 0, value });
  }
  sendRequests(broker, 50);
  const member = new Member(broker, { settings: { 'request.tombstones': 'dead_letter' } }).start();
  await until('all is done', () => broker.audit.answered === 104);
  await member.stop();
  assert.deepEqual(deadLetterTypes(broker).sort(), [
    'invalid_json',
    'invalid_json',
    'invalid_message',
    'invalid_message',
  ]);
  assert.deepEqual(broker.audit.violations, []);
});
