/** Batches and transactions of the real pipeline follow the load and the latency target. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestContext, test } from 'node:test';
import { createBroker, faultsOf, Member, type MemberOptions, sendRequest, topics, until } from './rig.ts';

const PARTITIONS = 2;
const words = ['good', 'bad', 'fine', 'poor', 'great'];

/** A member, and a trickle of requests that goes on until `isEnough`. */
function rig(t: TestContext, options: MemberOptions) {
  const broker = createBroker(PARTITIONS);
  const member = new Member(broker, options).start();
  t.after(() => member.stop());
  let sent = 0;
  /** Texts of one length, so that it is not their lengths that keep batches small. */
  const send = (count: number): void => {
    for (let i = 0; i < count; i++) {
      const word = words[sent % words.length] as string;
      sendRequest(broker, sent % PARTITIONS, `It was ${word}.`);
      sent++;
    }
  };
  return {
    ...{ broker, member, send },
    answered: () => until('everything is answered', () => broker.audit.answered === sent),
    trickleUntil: async (what: string, isEnough: () => boolean): Promise<void> => {
      await until(what, () => {
        if (isEnough()) return true;
        send(2);
        return false;
      });
    },
    /** Of the last `count` batches. */
    meanRows: (count: number): number => {
      const last = member.pool.batches.slice(-count);
      return last.length < count ? 0 : last.reduce((sum, rows) => sum + rows, 0) / count;
    },
  };
}

const pool = { threads: 4, latencyMs: () => 4 };
const settings = { 'kafka.batch_timeout_ms': 100, 'kafka.latency_target_ms': 400 };

test('under a steady load batches fill although threads are idle, and a lone message still goes at once', async (t) => {
  const { member, broker, trickleUntil, meanRows, send, answered } = rig(t, { settings, pool });
  await trickleUntil('batches gather rows', () => meanRows(8) >= 6);
  await answered();
  for (let i = 0; i < 3; i++) {
    await sleep(2 * settings['kafka.batch_timeout_ms']); // nothing precedes it closely
    send(1);
    await answered();
    assert.equal(member.pool.batches.at(-1), 1);
  }
  assert.deepEqual(faultsOf(broker), []);
});

test('under a steady load transactions become fewer than transaction_interval_ms alone would make them', async (t) => {
  const { member, broker, trickleUntil, answered } = rig(t, { settings, pool });
  const { counters } = member;
  let before = { transactions: 0, messages: 0 };
  await trickleUntil('transactions gather results', () => {
    const transactions = counters.transactionsCommitted - before.transactions;
    if (transactions < 3) return false;
    const messages = counters.messagesProcessed - before.messages;
    before = { transactions: counters.transactionsCommitted, messages: counters.messagesProcessed };
    return messages / transactions >= 40;
  });
  await answered();
  assert.deepEqual(faultsOf(broker), []);
});

test('more than it can carry fills batches and transactions, and afterwards nothing is left', async (t) => {
  const rows = 16;
  const { member, broker, send, answered, meanRows } = rig(t, {
    settings: { ...settings, 'kafka.latency_target_ms': 50, 'kafka.batch_size': rows },
    pool: { threads: 1, latencyMs: () => 8 },
  });
  send(1_200);
  await until('the backlog is in work', () => member.pool.batches.length > 20);
  assert.ok(meanRows(20) > rows / 3, `${meanRows(20)} rows`);
  await answered();
  const transactions = member.counters.transactionsCommitted;
  assert.ok(transactions < member.pool.batches.length, `${transactions} transactions`);
  send(1);
  await answered();
  assert.deepEqual(faultsOf(broker), []);
});

test('what waits for company is finished when the process stops', async (t) => {
  const { member, broker, trickleUntil, meanRows } = rig(t, {
    settings: { ...settings, 'kafka.latency_target_ms': 2_000, 'kafka.batch_timeout_ms': 500 },
    pool,
  });
  await trickleUntil(
    'rows are waiting for company',
    () => meanRows(3) >= 6 && member.session.pipeline?.waiting !== 0,
  );
  await member.stop();
  const committed = Array.from({ length: PARTITIONS }, (_, partition) =>
    broker.committed({ topic: topics.requests, partition }),
  );
  const taken = committed.reduce((sum, offset) => sum + offset, 0);
  assert.equal(
    broker.all(topics.results).length,
    taken,
    'every request that was taken, and no other, has a result',
  );
  assert.equal(member.table.usedCount, 0);
  assert.deepEqual(broker.audit.violations, []);
});

test('a rebalance in the middle of waiting loses and doubles nothing', async (t) => {
  const options = { settings, pool };
  const { broker, trickleUntil, meanRows, answered } = rig(t, options);
  await trickleUntil('batches gather rows', () => meanRows(8) >= 6);
  const other = new Member(broker, options).start();
  t.after(() => other.stop());
  await trickleUntil('both have work', () => other.pool.batches.length > 20);
  await other.stop();
  await answered();
  assert.deepEqual(faultsOf(broker), []);
});
