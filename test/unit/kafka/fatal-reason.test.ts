import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { test } from 'node:test';
import { FatalReason } from '../../../src/kafka/fatal-reason.ts';

const fenced =
  '[thrd:main]: Fatal error: Broker: Static consumer fenced by other consumer with same group.instance.id: ' +
  'Fatal consumer error: Broker: Static consumer fenced by other consumer with same group.instance.id';

function reasonAfter(...logged: [fac: string, message: string][]): FatalReason {
  const client = new EventEmitter();
  const reason = new FatalReason(client);
  for (const [fac, message] of logged) client.emit('event.log', { fac, message });
  return reason;
}

test('the log says why a client was given up', async () => {
  const desync =
    '[thrd:x]: Fatal error: Broker: Broker received an out of order sequence number: Produce failed';
  const { code, message } = await reasonAfter(['FATAL', desync], ['FATAL', 'later']).explain('the producer');
  assert.equal(code, 'KS_KAFKA_FATAL');
  assert.equal(
    message,
    'librdkafka gave up on the producer: Broker: Broker received an out of order sequence number: Produce failed.',
  );
  assert.match((await reasonAfter().explain('consumer 0')).message, /no reason given/);
});

test('a reason that is logged a moment later is heard', async () => {
  const client = new EventEmitter();
  const explained = new FatalReason(client).explain('consumer 0');
  client.emit('event.log', { fac: 'FATAL', message: fenced });
  assert.match((await explained).message, /Static consumer fenced/);
});

test('a second process with the same group_instance_id: the one that has to go is told what to do', async () => {
  const error = await reasonAfter(['FATAL', fenced]).explain('consumer 0');
  assert.equal(error.code, 'KS_KAFKA_FATAL');
  assert.match(String(error.remedy), /another process has the same group_instance_id/);
});

test('an id that is never released: another process has it', async () => {
  const held = 'Broker: The instance ID is still used by another member in the consumer group';
  const log = `[thrd:main]: Fatal error: ${held}: ConsumerGroupHeartbeat fatal error: ${held}`;
  const error = await reasonAfter(['FATAL', log]).explain('consumer 0');
  assert.match(String(error.remedy), /another process has the same group_instance_id/);
});

test('a static member that fences itself after its session timed out is not told of another process', async () => {
  const timedOut = reasonAfter(['SESSTMOUT', 'Consumer group session timed out'], ['FATAL', fenced]);
  for (const error of [
    await timedOut.explain('consumer 0'),
    await reasonAfter(['FATAL', fenced]).explain('consumer 0', true), // while it gives partitions back
  ]) {
    assert.equal(error.code, 'KS_MEMBER_FENCED');
    assert.doesNotMatch(String(error.remedy), /group_instance_id/);
  }
  timedOut.assigned(); // it is a member again
  assert.equal((await timedOut.explain('consumer 0')).code, 'KS_KAFKA_FATAL');
});
