/** However fast the topic fills and however slow the model is, what the process holds is limited. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBroker, faultsOf, Member, sendRequest, sendRequests, topics, until } from './rig.ts';

test('never more than buffer_size messages are in the process', async () => {
  const broker = createBroker(4);
  sendRequests(broker, 1_000);
  const member = new Member(broker, {
    settings: { 'kafka.buffer_size': 64, 'kafka.max_poll_records': 50, 'kafka.consumer_threads': 3 },
    latencyMs: () => 3,
    pool: { latencyMs: () => 5 },
  }).start();
  await until('all is done', () => broker.audit.answered === 1_000);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.ok(member.mostMessages <= 64, `${member.mostMessages} messages`);
  assert.ok(member.mostMessages >= 32, 'the buffer was used at all');
});

test('reading stops at buffer_bytes, exceeding it by at most one poll', async () => {
  const broker = createBroker(2);
  const text = `long ${'x'.repeat(100_000)}`;
  for (let i = 0; i < 120; i++) sendRequest(broker, i % 2, text);
  const pollMax = 5;
  const member = new Member(broker, {
    settings: {
      'kafka.buffer_bytes': 2 ** 20,
      'kafka.max_poll_records': pollMax,
      'kafka.consumer_threads': 1,
    },
    pool: { latencyMs: () => 5 },
  }).start();
  await until('all is done', () => broker.audit.answered === 120);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.ok(member.mostBytes <= 2 ** 20 + pollMax * 100_100, `${member.mostBytes} bytes`);
  assert.ok(member.mostBytes >= 2 ** 20 - pollMax * 100_100, 'the budget was used at all');
  assert.equal(member.table.bytes, 0);
});

test('a lasting stall pauses the partitions, and they are read again afterwards', async () => {
  const broker = createBroker(2);
  sendRequests(broker, 500);
  let isSlow = true;
  const member = new Member(broker, {
    settings: { 'kafka.buffer_size': 50 },
    latencyMs: () => 1,
    pool: { latencyMs: () => (isSlow ? 3_500 : 1) },
  }).start();
  await until('the partitions are paused', () => member.consumers.every(({ pauses }) => pauses > 0));
  isSlow = false;
  await until('all is done', () => broker.audit.answered === 500);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.ok(member.mostMessages <= member.table.capacity);
});

test('a topic full of garbage stops the consumer before all of it becomes dead letters', async () => {
  const broker = createBroker(1);
  for (let i = 0; i < 3_000; i++) broker.request(topics.requests, { partition: 0, value: Buffer.from('?') });
  const member = new Member(broker, { settings: { 'kafka.dlq_stop_ratio': 0.5 } }).start();
  await until('polling has stopped', () => member.hasStoppedTaking);
  await member.stop();
  const letters = broker.all(topics.deadLetters).length;
  assert.deepEqual(broker.audit.violations, []);
  assert.ok(letters >= 100 && letters < 1_000, `${letters} dead letters`);
  assert.equal(broker.committed({ topic: topics.requests, partition: 0 }), letters);
});
