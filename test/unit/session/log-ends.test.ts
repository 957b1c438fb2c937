import assert from 'node:assert/strict';
import { test } from 'node:test';
import { OffsetLedger } from '../../../src/consume/offset-ledger.ts';
import { LogEnds } from '../../../src/session/log-ends.ts';
import { SlotTable } from '../../../src/slots.ts';

const NEVER_MS = 1_000_000;

test('the end of a paused partition moves on as messages come, and never back', async (t) => {
  const table = new SlotTable(8);
  const ledgers = [0, 1].map(
    (partition) => new OffsetLedger(table, { topic: 't', partition, committed: 10 }, 0),
  );
  const [paused, other] = ledgers as [OffsetLedger, OffsetLedger];
  let seen = 10;
  let isPaused = true;
  let answer = async (): Promise<number[]> => [25];
  const asked: number[] = [];
  const ends = new LogEnds(
    {
      consumers: [{ logEnd: () => seen }],
      ledgers: () => ledgers,
      stands: (ledger) => isPaused && ledger === paused,
      find: (partitions) => {
        asked.push(...partitions.map(({ partition }) => partition));
        return answer();
      },
    },
    NEVER_MS,
  );
  t.after(() => ends.close());
  assert.deepEqual([ends.of(paused), ends.of(other)], [10, 10]);
  await ends.look();
  assert.deepEqual([ends.of(paused), ends.of(other), asked], [25, 10, [0]]);
  answer = () => Promise.reject(new Error('no broker'));
  await ends.look();
  assert.equal(ends.of(paused), 25, 'a broker that does not answer changes nothing');
  isPaused = false;
  await ends.look();
  assert.deepEqual([ends.of(paused), asked.length], [25, 2], 'what flows again is not asked about');
  seen = 30;
  assert.equal(ends.of(paused), 30);
});
