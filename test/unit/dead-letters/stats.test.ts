import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { DeadLetter } from '../../../src/dead-letter.ts';
import type { DlqRecord } from '../../../src/dead-letters/read.ts';
import { collectStats } from '../../../src/dead-letters/stats.ts';

async function* records(...letters: Partial<DeadLetter>[]): AsyncGenerator<DlqRecord> {
  for (const letter of letters) yield { letter: letter as DeadLetter, message: {} as never };
}

test('counts are sorted, most frequent first; foreign records only have a partition', async () => {
  const ours = {
    partition: 0,
    bytes: 10,
    stage: 'infer',
    replays: 0,
    reason: 'timeout',
    timestamp: 2_000,
  } as const;
  const stats = await collectStats(
    records(
      { ...ours, reason: 'internal', timestamp: 1_000 },
      ours,
      { ...ours, replays: 1, timestamp: 3_000 },
      { partition: 5, bytes: 1, timestamp: 2_500, reason: undefined },
    ),
  );
  assert.deepEqual(stats, {
    total: 4,
    foreign: 1,
    bytes: 31,
    byReason: { timeout: 2, internal: 1 },
    byStage: { infer: 3 },
    byPartition: { 0: 3, 5: 1 },
    byReplays: { 0: 2, 1: 1 },
    oldest: '1970-01-01T00:00:01.000Z',
    newest: '1970-01-01T00:00:03.000Z',
  });
  assert.deepEqual(Object.keys(stats.byReason), ['timeout', 'internal']);
});

test('no dead letters: no times', async () => {
  const { total, oldest, newest } = await collectStats(records());
  assert.deepEqual([total, oldest, newest], [0, undefined, undefined]);
});
