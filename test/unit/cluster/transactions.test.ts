import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isMeant } from '../../../src/cli/transactions.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { abortTransaction, type OpenTransaction } from '../../../src/cluster/transactions.ts';
import type { BrokerAccess } from '../../../src/kafka/broker-connection.ts';
import type { TransactionHolder } from '../../../src/kafka/transaction-holders.ts';

const listed: OpenTransaction = {
  ...{ topic: 't', partition: 0, offset: 7, records: 3, seconds: 60 },
  ...{ transactionalId: null, producerId: 5, state: null, isHidden: false },
};
const held: TransactionHolder = {
  ...{ producerId: 5, producerEpoch: 0, coordinatorEpoch: 0, startOffset: 7 },
  ...{ transactionalId: undefined, state: undefined, isComplete: true, isHidden: false },
};

/** What is done to the listed transaction when this is the one that is open. */
async function abort(
  now: Partial<TransactionHolder>,
): Promise<{ done: string[]; error: string | undefined }> {
  const { config } = loadConfig({ env: {} });
  const done: string[] = [];
  const brokers = { all: [], leaderOf: () => ({}) as BrokerAccess };
  const error = await abortTransaction(config, brokers, listed, {
    holderOf: async () => ({ ...held, ...now }),
    takeOver: async (_, id) => void done.push(`took over ${id}`),
    mark: async () => void done.push('marked'),
  }).then(
    () => undefined,
    (reason: Error) => reason.message,
  );
  return { done, error };
}

test('a transaction that no coordinator knows is marked', async () => {
  assert.deepEqual(await abort({}), { done: ['marked'], error: undefined });
  const ended = { transactionalId: 'x', state: 'CompleteAbort' };
  assert.deepEqual((await abort(ended)).done, ['marked'], 'its coordinator takes it for ended');
});

test('one that has begun since the list was made is left alone', async () => {
  for (const next of [{ startOffset: 9 }, { producerId: 6 }]) {
    const { done, error } = await abort({ ...next, transactionalId: 'at work', state: 'Ongoing' });
    assert.deepEqual(done, []);
    assert.match(error ?? '', /has ended/);
  }
});

test('what its coordinator says now counts, not what it said when the list was made', async () => {
  const { done } = await abort({ transactionalId: 'x', state: 'Ongoing' });
  assert.deepEqual(done, ['took over x']);
  assert.match((await abort({ transactionalId: 'x', state: 'PrepareCommit' })).error ?? '', /PrepareCommit/);
});

test('while a broker does not answer, no partition is marked: it may be about to commit the transaction', async () => {
  const { done, error } = await abort({ isComplete: false });
  assert.deepEqual(done, []);
  assert.match(error ?? '', /has not answered/);
});

test('what the user may not see is not marked: its coordinator may know it', async () => {
  const { done, error } = await abort({ isHidden: true });
  assert.deepEqual(done, []);
  assert.match(error ?? '', /may not see whose/);
});

test('a transaction at work is ended only where its topic and its partition are named', () => {
  const young = { seconds: 1 };
  assert.equal(isMeant(young, { topic: 't', partition: 0 }), true);
  for (const options of [{}, { topic: 't' }, { partition: 0 }]) {
    assert.equal(isMeant(young, options), false, JSON.stringify(options));
    assert.equal(isMeant({ seconds: null }, options), false, 'of unknown age');
    assert.equal(isMeant({ seconds: 10 }, options), true);
  }
});
