import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient } from '../../../src/clients.ts';
import { Delays } from '../../../src/consume/delays.ts';
import { OffsetLedger } from '../../../src/consume/offset-ledger.ts';
import { SlotTable } from '../../../src/slots.ts';
import type { SourceMessage } from '../../../src/types.ts';

const TOPIC = 't-retry-1s';

/** Due times are offsets, in units of 10 ms after `now`. */
function rig(
  dueAtMs: (record: SourceMessage, now: number) => number | undefined = ({ offset }) => offset * 10,
) {
  const table = new SlotTable(8);
  const place = (partition: number) => new OffsetLedger(table, { topic: TOPIC, partition }, 0);
  const ledgers = new Map([0, 1].map((partition) => [partition, place(partition)]));
  const calls: string[] = [];
  const names = (partitions: readonly { partition: number }[]) =>
    partitions.map(({ partition }) => partition);
  const consumer = {
    index: 0,
    pause: (partitions: readonly { partition: number }[]) => calls.push(`pause ${names(partitions)}`),
    resume: (partitions: readonly { partition: number }[]) => calls.push(`resume ${names(partitions)}`),
    seek: async ({ partition, offset }: { partition: number; offset: number }) => {
      calls.push(`seek ${partition} ${offset}`);
    },
  } as unknown as ConsumerClient;
  const clock = { now: 0 };
  const delays = new Delays({
    consumer,
    assignments: { find: (_consumer, _topic, partition) => ledgers.get(partition) },
    retries: { dueAtMs },
    now: () => clock.now,
  });
  return { delays, ledgers, calls, clock, place };
}

function record(partition: number, offset: number): SourceMessage {
  return { topic: TOPIC, partition, offset, value: null, size: 0 };
}

function offsets(messages: readonly SourceMessage[]): string[] {
  return messages.map(({ partition, offset }) => `${partition}/${offset}`);
}

test('a partition rests at the first record that is not due, with all behind it', async () => {
  const { delays, ledgers, calls, clock } = rig();
  clock.now = 20;
  const messages = [record(0, 1), record(0, 2), record(0, 3), record(0, 4), record(1, 2)];
  const ends = [
    { topic: TOPIC, partition: 0, offset: 5 },
    { topic: TOPIC, partition: 1, offset: 3 },
  ];
  const due = delays.due({ messages, ends });
  assert.deepEqual(offsets(due.messages), ['0/1', '0/2', '1/2']);
  assert.deepEqual(due.ends, [ends[1]]); // the other comes again
  assert.deepEqual(calls, ['pause 0']);
  assert.equal(delays.isResting(ledgers.get(0) as OffsetLedger), true);
  assert.equal(delays.isResting(ledgers.get(1) as OffsetLedger), false);
  await sleep(15);
  clock.now = 30;
  await delays.wake();
  assert.deepEqual(calls, ['pause 0', 'seek 0 3', 'resume 0']);
  assert.deepEqual(offsets(delays.due({ messages: [record(0, 3)], ends: [ends[0] as never] }).messages), [
    '0/3',
  ]);
});

test('a record is taken when it has rested, also by a clock that was set back', async () => {
  const { delays, clock } = rig();
  delays.due({ messages: [record(0, 1)], ends: [] });
  await sleep(15);
  clock.now = -1_000_000;
  await delays.wake();
  const again = delays.due({ messages: [record(0, 1), record(0, 2)], ends: [] });
  assert.deepEqual(offsets(again.messages), ['0/1']);
});

test('what was not taken before the record that rests is read again', async () => {
  const { delays, ledgers, calls, clock } = rig();
  (ledgers.get(0) as OffsetLedger).push(0, 1);
  clock.now = 20;
  const due = delays.due({ messages: [record(0, 1), record(0, 2), record(0, 3)], ends: [] });
  assert.deepEqual(offsets(due.messages), ['0/1', '0/2']); // 1 was read before, so 2 is not taken this time
  await sleep(25);
  await delays.wake();
  assert.deepEqual(calls.slice(-2), ['seek 0 2', 'resume 0']);
});

test('what was not taken at the very beginning of a partition is read again, too', async () => {
  const table = new SlotTable(8);
  const { delays, ledgers, calls } = rig();
  ledgers.set(0, new OffsetLedger(table, { topic: TOPIC, partition: 0, start: 0, position: 0 }, 0));
  const due = delays.due({ messages: [record(0, 0), record(0, 1)], ends: [] });
  assert.deepEqual(offsets(due.messages), ['0/0']); // not taken: the partition is in doubt just now
  await sleep(15);
  await delays.wake();
  assert.deepEqual(calls.slice(-2), ['seek 0 0', 'resume 0']);
});

test('a partition is not woken before', async () => {
  const { delays, calls } = rig(() => 1_000_000);
  delays.due({ messages: [record(0, 1)], ends: [] });
  await delays.wake();
  assert.deepEqual(calls, ['pause 0']);
});

test('a partition that has another log meanwhile is read on', async () => {
  const { delays, ledgers, calls, place } = rig(() => 1_000_000);
  delays.due({ messages: [record(0, 1)], ends: [] });
  ledgers.set(0, place(0));
  await delays.wake();
  assert.deepEqual(calls, ['pause 0', 'resume 0']);
});

test('whoever resumes a resting partition gets nothing of it, and it is paused again', () => {
  const { delays, calls } = rig();
  delays.due({ messages: [record(0, 5)], ends: [] });
  const due = delays.due({ messages: [record(0, 6), record(0, 7)], ends: [] });
  assert.deepEqual([due.messages.length, calls], [0, ['pause 0', 'pause 0']]);
});

test('a partition that was given away is not woken, and rests no more when it comes back', async () => {
  const { delays, ledgers, calls, place } = rig();
  delays.due({ messages: [record(0, 1)], ends: [] });
  const old = ledgers.get(0) as OffsetLedger;
  ledgers.delete(0);
  await sleep(15);
  await delays.wake();
  assert.deepEqual([calls.join(), delays.isResting(old)], ['pause 0', false]);
  ledgers.set(0, place(0));
  assert.deepEqual(offsets(delays.due({ messages: [record(0, 0)], ends: [] }).messages), ['0/0']);
});

test('records of another group are passed over, due or not', () => {
  const { delays, calls } = rig(({ offset }) => (offset === 8 ? undefined : 0));
  assert.deepEqual(offsets(delays.due({ messages: [record(0, 8), record(0, 9)], ends: [] }).messages), [
    '0/9',
  ]);
  assert.deepEqual(calls, []);
});
