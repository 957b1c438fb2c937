import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type Baseline, BASELINE_FILE, baselineOf, readBaseline } from '../../../src/drift/baseline.ts';
import { profileOf } from '../../../src/drift/profile.ts';
import { ResultCounts } from '../../../src/metrics/result-counts.ts';

const labels = ['NEGATIVE', 'POSITIVE'];
const model = { labels, modelVersion: 'abc123' };

function recorded(results = 2_000): Baseline {
  const all = new ResultCounts();
  const counts = all.of('abc123', labels);
  for (let i = 0; i < results; i++) counts.add(i % 2, 0.5 + (i % 50) / 100, 5 + (i % 30), i % 3, false);
  return baselineOf(profileOf(all, counts), { ...model, at: new Date(0) });
}

function fileWith(t: TestContext, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'baseline-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const path = join(folder, BASELINE_FILE);
  writeFileSync(path, text);
  return path;
}

test('what was recorded is read again', (t) => {
  const path = fileWith(t, JSON.stringify(recorded()));
  assert.deepEqual(readBaseline(path, model), { counts: recorded().counts });
});

test('every result is in one bin of each signal', () => {
  const { counts, results } = recorded();
  for (const signal of ['labels', 'scores', 'length'] as const) {
    assert.equal(
      counts[signal].reduce((sum, count) => sum + count, 0),
      results,
      signal,
    );
  }
});

test('too few results are no baseline', () => {
  assert.throws(() => recorded(999), { code: 'KS_STATE', message: /at least 1000 results, there are 999/ });
});

test('no file is no baseline, and no mistake', () => {
  assert.equal(readBaseline('/nowhere/baseline.json', model), undefined);
});

test('a file that cannot be used says why, and stops nothing', (t) => {
  const good = recorded();
  const rows: [unknown, RegExp][] = [
    ['{"format": 1,', /not JSON/],
    ['null', /not a baseline/],
    [{ ...good, format: 2 }, /not a baseline/],
    [{ ...good, labels: ['A', 'B'] }, /has the labels A, B, the model has NEGATIVE, POSITIVE/],
    [{ ...good, model_version: 'other' }, /recorded with the model version other, this is abc123/],
    [{ ...good, counts: { ...good.counts, scores: [1, 2] } }, /needs 11 counts of "scores"/],
    [{ ...good, counts: { ...good.counts, labels: [1, -2] } }, /needs 2 counts of "labels"/],
    [{ ...good, counts: { ...good.counts, length: good.counts.length.map(() => 0) } }, /nothing of "length"/],
  ];
  for (const [content, reason] of rows) {
    const path = fileWith(t, typeof content === 'string' ? content : JSON.stringify(content));
    const found = readBaseline(path, model);
    assert.match((found as { reason: string }).reason, reason);
  }
});
