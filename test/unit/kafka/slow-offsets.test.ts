import assert from 'node:assert/strict';
import { test } from 'node:test';
import { TransactionalProducer } from '../../../src/kafka/transactional-producer.ts';
import { type ScriptedRaw, scripted } from './scripted-producer.ts';

// KAFKA-20634: a broker that has ceased to coordinate the group can acknowledge offsets that its successor never gets.
test('offsets whose answer took long are sent once more', async () => {
  const { options, clients } = scripted([{}]);
  const producer = new TransactionalProducer(options);
  await producer.connect();
  await producer.begin();
  const raw = clients[0] as ScriptedRaw;
  const answer = raw.sendOffsetsToTransaction;
  raw.sendOffsetsToTransaction = (offsets, consumer, timeoutMs, done) => {
    raw.sendOffsetsToTransaction = answer;
    setTimeout(() => answer(offsets, consumer, timeoutMs, done), 300);
  };
  await producer.sendOffsets({} as never, []);
  assert.deepEqual(clients[0]?.calls.slice(-2), ['offsets', 'offsets']);
});
