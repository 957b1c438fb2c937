import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { AnswerComparison } from '../../../src/metrics/answer-comparison.ts';
import { Shadow } from '../../../src/shadow/shadow.ts';
import type { SparePool } from '../../../src/shadow/spare-pool.ts';
import { SlotTable } from '../../../src/slots.ts';
import { ManualPool } from '../classify/manual-pool.ts';

const labels = ['NEGATIVE', 'POSITIVE'];

/** A shadow that is asked about `texts` results, and its pool. */
function asked(t: TestContext, { rowsMax, texts }: { readonly rowsMax: number; readonly texts: number }) {
  const [source, table] = [new SlotTable(16), new SlotTable(16)];
  const pool = new ManualPool();
  const shadow = new Shadow({
    ...{ share: 1, source, table, labels, lengthMax: 8 },
    answerOf: () => ({ label: 'POSITIVE', score: 0.9 }),
    rereader: { read: (slots) => void table.length.fill(5, 0, slots.length) },
    decoder: { pack: () => undefined, specialTokens: 2, forgetWindows: () => undefined },
    pool: pool as unknown as SparePool,
    settings: { labels: 2, limits: { rowsMax, tokensMax: 64 } },
    labelOf: (index) => labels[index] as string,
    allScores: new Float32Array(32),
    counts: new AnswerComparison({ name: 'm', version: 'v' } as never),
    onFatal: (error) => assert.fail(String(error)),
  });
  t.after(() => shadow.close());
  const slots = Int32Array.from({ length: texts }, (_, offset) => {
    const slot = source.take({ topic: 't', partition: 0, offset, value: null, size: 0 }, 0);
    source.finish(slot, 1, 0.9);
    return slot;
  });
  shadow.observe(slots, slots.length);
  return pool.runs.map((run) => run.slots.length);
}

test('a batch has at most four texts, and no more than the buffers of the threads have room for', (t) => {
  assert.deepEqual(asked(t, { rowsMax: 200, texts: 6 }), [4, 2]);
  assert.deepEqual(asked(t, { rowsMax: 1, texts: 6 }), [1, 1]);
});
