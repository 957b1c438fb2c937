/** A session that is closed and reopened, as for new certificates and passwords. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBroker, faultsOf, Member, sendRequests, topics, until } from './rig.ts';

test('twenty times under load: nothing is lost, nothing is duplicated', async () => {
  const broker = createBroker(4);
  const member = new Member(broker, { latencyMs: () => 2, pool: { latencyMs: () => 4 } }).start();
  let sent = 0;
  for (let i = 0; i < 20; i++) {
    sendRequests(broker, 60);
    sent += 60;
    const before = broker.audit.answered;
    await until('some are answered', () => broker.audit.answered > before || broker.audit.answered === sent);
    await member.rejoin();
  }
  await until('every request is answered', () => broker.audit.answered === sent || member.fatal.length > 0);
  await member.stop();
  assert.deepEqual(member.fatal, []);
  assert.deepEqual(faultsOf(broker), []);
  assert.equal(broker.all(topics.results).length, sent);
  assert.equal(member.table.usedCount, 0);
});

test('a hundred times: no listeners are left on the thread pool', async () => {
  const broker = createBroker(1);
  const member = new Member(broker, { settings: { 'kafka.consumer_threads': 1 } }).start();
  for (let i = 0; i < 100; i++) await member.rejoin();
  assert.equal(member.pool.listeners, 1);
  await member.stop();
  assert.equal(member.pool.listeners, 0);
});

test('messages that could not be drained leave no slot behind, and are read again', async () => {
  const broker = createBroker(2);
  sendRequests(broker, 200);
  let isSlow = true;
  const member = new Member(broker, {
    settings: { 'kafka.drain_timeout_ms': 1 },
    pool: { threads: 1, latencyMs: () => (isSlow ? 50 : 1) },
  }).start();
  await until('batches run and others wait', () => member.pool.inFlight > 0 && member.table.usedCount > 100);
  isSlow = false;
  await member.rejoin();
  await until('every request is answered', () => broker.audit.answered === 200);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.equal(member.table.usedCount, 0);
});

test('a consumer that stopped because of dead letters still takes nothing after rejoining', async () => {
  const broker = createBroker(1);
  const sendGarbage = (count: number): void => {
    for (let i = 0; i < count; i++)
      broker.request(topics.requests, { partition: 0, value: Buffer.from('?') });
  };
  sendGarbage(3_000);
  const member = new Member(broker, { settings: { 'kafka.dlq_stop_ratio': 0.5 } }).start();
  await until('it has stopped', () => member.hasStoppedTaking);
  await member.rejoin();
  const letters = broker.all(topics.deadLetters).length;
  assert.equal(member.hasStoppedTaking, true);
  const [consumer] = member.consumers;
  await until('it is a member again', () => member.session.hasJoined && (consumer?.pauses ?? 0) > 0);
  sendGarbage(10);
  for (let i = 0; i < 50; i++) await consumer?.poll(0);
  await member.stop();
  assert.equal(broker.all(topics.deadLetters).length, letters);
});

test('after a fatal error nothing is reopened, and closing still releases everything', async () => {
  const broker = createBroker(1);
  sendRequests(broker, 20);
  let commits = 0;
  const member = new Member(broker, {
    faults: (call) => (call === 'commit' && ++commits === 1 ? 'fatal' : 'none'),
  }).start();
  await until('the fatal error is reported', () => member.fatal.length > 0);
  await member.abandon();
  assert.equal(member.session.state, 'closed');
  assert.equal(member.table.usedCount, 0);
  assert.deepEqual(broker.audit.violations, []);
});
