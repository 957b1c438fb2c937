import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fromRdkafka, rdkafka, rdkafkaCode } from '../../../src/kafka/errors.ts';

/** As node-rdkafka hands an event on: the sentence only, the code lost. */
const event = (message: string) => Object.assign(new Error(message), { code: -1 });

test('an event is known by its sentence, since its code is lost on the way', () => {
  assert.equal(rdkafkaCode(event('fatal error')), rdkafka.fatal);
  assert.equal(fromRdkafka(event('fatal error'), 'Consumer 0').code, 'KS_KAFKA_FATAL');
  assert.equal(
    fromRdkafka(event('all broker connections are down'), 'Producer').code,
    'KS_BROKER_UNREACHABLE',
  );
  assert.equal(fromRdkafka(event('broker transport failure'), 'Producer').code, 'KS_BROKER_UNREACHABLE');
  assert.equal(fromRdkafka(event('group authorization failed'), 'Consumer 0').code, 'KS_NOT_AUTHORIZED');
  assert.equal(
    rdkafkaCode(event('static consumer fenced by other consumer with same group.instance.id')),
    rdkafka.fencedInstance,
  );
});

test('an event that nobody knows stays what it was: unknown, and fatal if a call rests on it', () => {
  assert.equal(rdkafkaCode(event('something new')), -1);
  assert.equal(fromRdkafka(event('something new'), 'Producer').code, 'KS_KAFKA_FATAL');
});

test('a code that is there counts, whatever the sentence says', () => {
  assert.equal(rdkafkaCode(Object.assign(new Error('timed out'), { code: rdkafka.illegalGeneration })), 22);
  assert.equal(rdkafkaCode(new Error('timed out')), undefined);
});
