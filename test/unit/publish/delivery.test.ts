import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcknowledgedClient, ConsumerClient, TransactionalClient } from '../../../src/clients.ts';
import { KubesentimentError } from '../../../src/errors.ts';
import type { TopicPartitionOffset } from '../../../src/types.ts';
import {
  AtLeastOnceDelivery,
  ExactlyOnceDelivery,
  type OffsetsByConsumer,
} from '../../../src/publish/delivery.ts';

/** Notes the calls; the one that `failing` names rejects with `code`. */
function clients(
  failing?: string,
  code: 'KS_MEMBER_FENCED' | 'KS_KAFKA_ABORTABLE' = 'KS_KAFKA_ABORTABLE',
  committed = -1,
) {
  const calls: string[] = [];
  const fenced: ConsumerClient[] = [];
  const call = async (name: string): Promise<void> => {
    calls.push(name);
    if (name === failing) throw new KubesentimentError(code, `${name} failed.`);
  };
  const consumers = [0, 1].map(
    (index) =>
      ({
        index,
        commit: () => call(`commit ${index}`),
        hasCommitted: async (wanted: TopicPartitionOffset[]) =>
          wanted.every(({ offset }) => committed >= offset),
      }) as never,
  );
  const [first, second] = consumers as unknown as [ConsumerClient, ConsumerClient];
  const producer = {
    begin: () => call('begin'),
    sendOffsets: (consumer: ConsumerClient) => call(`offsets ${consumer.index}`),
    commit: () => call('commit'),
    abort: () => call('abort'),
    flush: () => call('flush'),
    mayHaveCommitted: true,
  } as unknown as TransactionalClient & AcknowledgedClient;
  const entry = { topic: 't', partition: 0, offset: 5 };
  const offsets: OffsetsByConsumer = new Map([
    [first, [entry]],
    [second, [{ ...entry, partition: 1 }]],
  ]);
  const stillOurs = () => void calls.push('still ours?');
  return {
    calls,
    fenced,
    producer,
    offsets,
    second,
    stillOurs,
    onFenced: (c: ConsumerClient) => fenced.push(c),
  };
}

test('exactly once: the offsets of the group tell how a commit ended whose answer was lost', async () => {
  for (const [committed, isThrough] of [
    [5, true],
    [4, false],
    [-1, false],
  ] as const) {
    const { producer, offsets, stillOurs, onFenced } = clients('commit', 'KS_KAFKA_ABORTABLE', committed);
    const delivery = new ExactlyOnceDelivery(producer, onFenced);
    await delivery.begin();
    await assert.rejects(delivery.finish(offsets, stillOurs));
    assert.equal(await delivery.undo(), isThrough);
    await delivery.begin();
    assert.equal(await delivery.undo(), false); // nothing of this one is in doubt
  }
});

const lost = (): never => {
  throw new KubesentimentError('KS_KAFKA_ABORTABLE', 'It is lost.');
};

test('exactly once: each consumer sends its own offsets, and the last question comes before the commit', async () => {
  const { calls, producer, offsets, stillOurs, onFenced } = clients();
  const delivery = new ExactlyOnceDelivery(producer, onFenced);
  await delivery.begin();
  await delivery.finish(offsets, stillOurs);
  await delivery.undo();
  assert.deepEqual(calls, ['begin', 'offsets 0', 'offsets 1', 'still ours?', 'commit', 'abort']);
});

test('exactly once: nothing is committed when a partition is lost or its offset refused', async () => {
  const { calls, producer, offsets, onFenced } = clients();
  await assert.rejects(new ExactlyOnceDelivery(producer, onFenced).finish(offsets, lost), {
    code: 'KS_KAFKA_ABORTABLE',
  });
  assert.deepEqual(calls, ['offsets 0', 'offsets 1']);

  const refused = clients('offsets 1', 'KS_MEMBER_FENCED');
  const delivery = new ExactlyOnceDelivery(refused.producer, refused.onFenced);
  await assert.rejects(delivery.finish(refused.offsets, refused.stillOurs), { code: 'KS_MEMBER_FENCED' });
  assert.deepEqual(refused.calls, ['offsets 0', 'offsets 1']);
  assert.deepEqual(refused.fenced, [refused.second]);
});

test('at least once: offsets follow the acknowledgements, and not when a partition is lost', async () => {
  const { calls, producer, offsets, stillOurs, onFenced } = clients();
  const delivery = new AtLeastOnceDelivery(producer, onFenced);
  await delivery.begin();
  await delivery.finish(offsets, stillOurs);
  await delivery.undo();
  assert.deepEqual(calls, ['flush', 'still ours?', 'commit 0', 'commit 1']);

  calls.length = 0;
  await assert.rejects(delivery.finish(offsets, lost), { code: 'KS_KAFKA_ABORTABLE' });
  assert.deepEqual(calls, ['flush']);
});

test('at least once: a record that was not acknowledged keeps every offset back', async () => {
  const { calls, fenced, producer, offsets, stillOurs, onFenced } = clients('flush');
  const delivery = new AtLeastOnceDelivery(producer, onFenced);
  await assert.rejects(delivery.finish(offsets, stillOurs), { code: 'KS_KAFKA_ABORTABLE' });
  assert.deepEqual(calls, ['flush']);
  assert.deepEqual(fenced, []);
});
