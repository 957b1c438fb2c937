/** Without transactions only a crash may duplicate results. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/corpus/random.ts';
import {
  answeredOrBroken,
  createBroker,
  faultsOf,
  Member,
  type MemberOptions,
  sendRequests,
  topics,
} from './rig.ts';

const REQUESTS = 600;

test('members that join and leave, and commits rejected during a rebalance: every request comes out once', async () => {
  const random = new Random(1);
  const broker = createBroker(6);
  sendRequests(broker, REQUESTS);
  const options: MemberOptions = {
    settings: { 'kafka.delivery': 'at_least_once' },
    refusesCommit: () => random.chance(0.4),
    latencyMs: () => random.between(0, 3),
    pool: { latencyMs: () => random.between(0, 8) },
  };
  const first = new Member(broker, options).start();
  const others: Member[] = [];
  for (let round = 0; round < 4; round++) {
    const other = new Member(broker, options).start();
    others.push(other);
    await broker.rebalance();
    await other.stop();
  }
  const stall = await answeredOrBroken(broker, REQUESTS, [first]);
  await first.stop();
  assert.deepEqual([...stall, ...faultsOf(broker)], []);
  assert.deepEqual(
    [first, ...others].flatMap(({ fatal }) => fatal),
    [],
  );
  assert.equal(broker.all(topics.results).length, REQUESTS);
});
