/** The producer without transactions over a scripted node-rdkafka. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AcknowledgedProducer } from '../../../src/kafka/acknowledged-producer.ts';
import { rdkafka } from '../../../src/kafka/codes.ts';
import type { ProducerOptions } from '../../../src/kafka/producer-connection.ts';
import { failure, HANGS, record, type Script, scripted } from './scripted-producer.ts';

function producerWith(scripts: Script[], own: Partial<ProducerOptions> = {}) {
  const { options, ...seen } = scripted(scripts);
  return { producer: new AcknowledgedProducer({ ...options, ...own }), ...seen };
}

test('a flush waits for the report of every record', async () => {
  const { producer, clients } = producerWith([{}]);
  await producer.connect();
  producer.produce(record);
  producer.produce(record);
  let isDone = false;
  const flushed = producer.flush().then(() => {
    isDone = true;
  });
  clients[0]?.emit('delivery-report', null);
  await new Promise(setImmediate);
  assert.equal(isDone, false);
  clients[0]?.emit('delivery-report', null);
  await flushed;
});

test('a client that hangs is not replaced: nobody knows what it has sent', async () => {
  const { producer } = producerWith([{ flush: [HANGS] }], { hangMs: 300 });
  await producer.connect();
  await assert.rejects(producer.flush(), { code: 'KS_KAFKA_FATAL' });
});

test('a full queue is said so; a client that cannot go on is fatal', async () => {
  const { producer } = producerWith([{ produce: [failure(rdkafka.queueFull), failure(rdkafka.fatal)] }]);
  await producer.connect();
  assert.equal(producer.produce(record), false);
  assert.throws(() => producer.produce(record), { code: 'KS_KAFKA_FATAL' });
});

test('a fatal event is the end', async () => {
  const { clients, fatal, warnings } = producerWith([{}]);
  clients[0]?.emit('event.error', report('fatal error'));
  await new Promise(setImmediate);
  await new Promise(setImmediate);
  assert.deepEqual([fatal.length, warnings.length], [1, 0]);
});

/** As node-rdkafka reports a record that was not delivered: without the code. */
const report = (sentence: string) => Object.assign(new Error(sentence), { code: -1 });

for (const [sentence, code] of [
  ['message size too large', 'KS_RECORD_TOO_LARGE'],
  ['topic authorization failed', 'KS_NOT_AUTHORIZED'],
  ['message timed out', 'KS_BROKER_UNREACHABLE'],
  ['not enough in-sync replicas', 'KS_KAFKA_RETRIABLE'],
  ['broker failed to validate record', 'KS_RECORD_REFUSED'],
  ['invalid timestamp', 'KS_RECORD_REFUSED'],
  ['fatal error', 'KS_KAFKA_FATAL'],
] as const) {
  test(`a record that was not delivered: ${sentence}`, async () => {
    const { producer, clients } = producerWith([{}]);
    await producer.connect();
    producer.produce(record);
    clients[0]?.emit('delivery-report', report(sentence));
    await assert.rejects(producer.flush(), { code });
    await producer.flush(); // told once
  });
}

test('a flush that takes too long leaves its records unacknowledged, and can be repeated', async () => {
  const { producer, clients } = producerWith([{ flush: [failure(rdkafka.timedOut)] }]);
  await producer.connect();
  producer.produce(record);
  await assert.rejects(producer.flush(), { code: 'KS_BROKER_UNREACHABLE' });
  assert.equal(producer.unacknowledged, 1);
  const flushed = producer.flush();
  clients[0]?.emit('delivery-report', null);
  await flushed;
  assert.equal(producer.unacknowledged, 0);
});
