import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransactionalProducer } from '../../../src/kafka/transactional-producer.ts';
import { rdkafka } from '../../../src/kafka/codes.ts';
import { failure, type ScriptedRaw, scripted } from './scripted-producer.ts';

// KAFKA-20634: a broker that has ceased to coordinate the group can acknowledge offsets that its successor never gets.
/** A producer whose first answer to offsets takes long, and then has these answers. */
async function slowProducer(offsets: unknown[] = []) {
  const { options, clients } = scripted([{ offsets }]);
  const producer = new TransactionalProducer(options);
  await producer.connect();
  await producer.begin();
  const raw = clients[0] as ScriptedRaw;
  const answer = raw.sendOffsetsToTransaction;
  raw.sendOffsetsToTransaction = (offsets, consumer, timeoutMs, done) => {
    raw.sendOffsetsToTransaction = answer;
    setTimeout(() => answer(offsets, consumer, timeoutMs, done), 300);
  };
  return { producer, raw };
}

test('offsets whose answer took long are sent once more', async () => {
  const { producer, raw } = await slowProducer();
  await producer.sendOffsets({} as never, []);
  assert.deepEqual(raw.calls.slice(-2), ['offsets', 'offsets']);
});

test('a record that fails while they are sent once more ends the transaction, not the process', async () => {
  const refused = failure(rdkafka.messageTimedOut, { isTxnRequiresAbort: true });
  const { producer } = await slowProducer([undefined, failure(rdkafka.state), refused]);
  await assert.rejects(producer.sendOffsets({} as never, []), { code: 'KS_KAFKA_ABORTABLE' });
});
