import assert from 'node:assert/strict';
import { test } from 'node:test';
import { rdkafka, rdkafkaCode } from '../../../src/kafka/codes.ts';
import { fromRdkafka } from '../../../src/kafka/errors.ts';

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

/** As a call of a transaction rejects: code and flags. */
const rejection = (code: number, flags: Record<string, boolean> = {}) =>
  Object.assign(new Error('Broker: something'), { code, ...flags });

test('calls are sorted as librdkafka asks: again, from the start, or never', () => {
  const sorted = (code: number, flags?: Record<string, boolean>) =>
    fromRdkafka(rejection(code, flags), 'Committing').code;
  assert.equal(sorted(rdkafka.timedOut, { isRetriable: true }), 'KS_KAFKA_RETRIABLE');
  assert.equal(sorted(15, { isRetriable: true }), 'KS_KAFKA_RETRIABLE');
  assert.equal(sorted(15, { isTxnRequiresAbort: true }), 'KS_KAFKA_ABORTABLE');
  assert.equal(sorted(15, { isTxnRequiresAbort: true, isRetriable: true }), 'KS_KAFKA_ABORTABLE');
  assert.equal(sorted(rdkafka.fenced, { isFatal: true }), 'KS_PRODUCER_FENCED');
  assert.equal(sorted(rdkafka.producerFenced), 'KS_PRODUCER_FENCED');
  assert.equal(sorted(rdkafka.invalidProducerEpoch, { isTxnRequiresAbort: true }), 'KS_KAFKA_ABORTABLE');
  assert.equal(sorted(rdkafka.invalidTransactionState, { isFatal: true }), 'KS_PRODUCER_EXPIRED');
  assert.equal(sorted(rdkafka.invalidTransactionState), 'KS_KAFKA_FATAL');
  assert.equal(sorted(rdkafka.outOfOrderSequence, { isFatal: true }), 'KS_PRODUCER_EXPIRED');
  assert.equal(sorted(rdkafka.outOfOrderSequence), 'KS_KAFKA_FATAL');
  assert.equal(sorted(rdkafka.waitingForCoordinator), 'KS_KAFKA_RETRIABLE');
  assert.equal(sorted(rdkafka.batchTooLarge), 'KS_RECORD_TOO_LARGE');
  assert.equal(sorted(rdkafka.invalidTimestamp), 'KS_RECORD_REFUSED');
  assert.equal(sorted(rdkafka.invalidTimestamp, { isTxnRequiresAbort: true }), 'KS_RECORD_REFUSED');
  assert.equal(sorted(rdkafka.notCoordinator), 'KS_KAFKA_RETRIABLE');
  assert.equal(sorted(rdkafka.notEnoughReplicas), 'KS_KAFKA_RETRIABLE');
  assert.equal(sorted(rdkafka.timedOut), 'KS_BROKER_UNREACHABLE');
  assert.equal(sorted(rdkafka.unknownTopicOrPartition), 'KS_TOPIC_MISSING');
  assert.equal(sorted(12345), 'KS_KAFKA_FATAL');
});

test('a member that the group does not know is told apart from other reasons to abort', () => {
  const { staleMemberEpoch, fencedMemberEpoch, fencedInstance } = rdkafka;
  for (const code of [22, 25, 27, staleMemberEpoch, fencedMemberEpoch, fencedInstance]) {
    assert.equal(
      fromRdkafka(rejection(code, { isTxnRequiresAbort: true }), 'Sending').code,
      'KS_MEMBER_FENCED',
    );
  }
});

test('missing rights are that, whatever else the error says of itself, and can be fatal', () => {
  for (const flags of [{ isTxnRequiresAbort: true }, { isRetriable: true }, {}]) {
    const known = fromRdkafka(rejection(rdkafka.topicAuthorization, flags), 'Producing');
    assert.equal(known.code, 'KS_NOT_AUTHORIZED');
    assert.match(String(known.remedy), /rights on the topics/);
  }
  const fatal = fromRdkafka(rejection(rdkafka.transactionalIdAuthorization, { isFatal: true }), 'Beginning');
  assert.equal(fatal.code, 'KS_KAFKA_FATAL');
  assert.match(String(fatal.remedy), /the transactional id/);
});

test('the sentence says what was done and why it failed; what is known already stays as it is', () => {
  const known = fromRdkafka(rejection(rdkafka.transport), 'Reading metadata');
  assert.equal(known.message, 'Reading metadata failed: Broker: something (librdkafka -195).');
  assert.ok(known.cause instanceof Error);
  assert.equal(fromRdkafka(known, 'Something else'), known);
});
