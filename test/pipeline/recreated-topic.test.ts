/** The log of a partition is replaced while it is read: nothing of the new one is taken for the old one. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { answeredOrBroken, createBroker, faultsOf, Member, sendRequests, topics, until } from './rig.ts';
import { originOf } from './audit.ts';
import type { FakeBroker } from './fake-broker.ts';

/** As a consumer of results would see it: those of the old log are no longer of interest. */
function forgetResults(broker: FakeBroker): void {
  broker.createTopic(topics.results, 3);
}

for (const delivery of ['exactly_once', 'at_least_once'] as const) {
  for (const [name, requests] of [
    ['shorter', 30],
    ['longer', 400],
  ] as const) {
    test(`a topic that is created again, ${name} than before, is answered anew: ${delivery}`, async () => {
      const broker = createBroker(2, delivery === 'exactly_once');
      const member = new Member(broker, { settings: { 'kafka.delivery': delivery } }).start();
      sendRequests(broker, 200);
      const places = [0, 1].map((partition) => ({ topic: topics.requests, partition }));
      await until('the old requests are answered', () => places.every((at) => broker.committed(at) === 100));
      broker.recreateTopic(topics.requests, 2);
      forgetResults(broker);
      sendRequests(broker, requests);
      const faults = await answeredOrBroken(broker, requests, [member]);
      await member.stop();
      assert.deepEqual([...faults, ...faultsOf(broker)], []);
      const moves = [...member.counters.skipped.values()];
      assert.deepEqual(
        moves.map(({ partition, reason }) => [partition, reason]).sort(),
        [0, 1].map((partition) => [partition, 'topic_recreated']),
      );
      for (const place of places) assert.equal(broker.committed(place), requests / 2);
    });
  }
}

test('what was in flight of the old topic comes out first, and none of its offsets are committed', async () => {
  const broker = createBroker(1);
  let isBlocked = true;
  const member = new Member(broker, {
    faults: (call) => (isBlocked && call === 'commit' ? 'abort' : 'none'),
  }).start();
  sendRequests(broker, 20);
  await until('they are in flight', () => member.table.usedCount === 20);
  broker.recreateTopic(topics.requests, 1);
  sendRequests(broker, 8);
  await until('the new topic is noticed', () => member.counters.skipped.size === 1);
  assert.equal(broker.committed({ topic: topics.requests, partition: 0 }), 0);
  isBlocked = false;
  await until('all are answered', () => broker.all(topics.results).length === 28);
  await member.stop();
  const offsets = broker.all(topics.results).map((record) => originOf(record).offset);
  assert.deepEqual(offsets, [...Array(20).keys(), ...Array(8).keys()]);
  assert.equal(broker.committed({ topic: topics.requests, partition: 0 }), 8);
  assert.equal(member.table.usedCount, 0);
});

test('a broker that comes back with a shorter log: what was written since is answered', async () => {
  const broker = createBroker(1);
  const member = new Member(broker).start();
  sendRequests(broker, 100);
  const place = { topic: topics.requests, partition: 0 };
  await until('the requests are answered', () => broker.committed(place) === 100);
  broker.truncate(place, 90);
  await until('it is out of range', () => member.consumers.some(({ resets }) => resets > 0));
  sendRequests(broker, 30);
  await until(
    'the new ones are answered',
    () => broker.audit.answered === 120 || broker.audit.violations.length > 0,
  );
  await member.stop();
  assert.deepEqual(broker.audit.violations, []);
  assert.deepEqual(
    [...member.counters.skipped.values()].map(({ reason }) => reason),
    ['log_shorter'],
  );
  assert.equal(broker.committed(place), 120);
});
