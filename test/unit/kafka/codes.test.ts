import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { test } from 'node:test';
import { codeOf, rdkafka, rdkafkaCode } from '../../../src/kafka/codes.ts';

/** Inside node-rdkafka: what it makes of a number, and of an error that has only a sentence. */
const LibrdKafkaError = createRequire(import.meta.url)('node-rdkafka/lib/error.js') as new (
  from: number | Error,
) => Error;

/** Of a handshake, which has a watch of its own; of rights on the transactional id the calls of a transaction tell. */
const withoutSentence: ReadonlySet<string> = new Set([
  'ssl',
  'authentication',
  'saslAuthentication',
  'transactionalIdAuthorization',
]);

test('every name is known by the sentence that librdkafka has for its code', () => {
  for (const [name, code] of Object.entries(rdkafka)) {
    const { message } = new LibrdKafkaError(code);
    const event = new LibrdKafkaError(new Error(message));
    assert.equal(rdkafkaCode(event), withoutSentence.has(name) ? -1 : code, `${name}: ${event.message}`);
  }
});

test('sentences are found in whatever case; unknown ones and those of programs are none', () => {
  assert.equal(codeOf('Timed out'), rdkafka.timedOut);
  assert.equal(codeOf('Something else'), undefined);
  assert.equal(rdkafkaCode(new Error('timed out')), undefined);
  assert.equal(rdkafkaCode(undefined), undefined);
});
