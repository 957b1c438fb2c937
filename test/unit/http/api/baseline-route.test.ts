import assert from 'node:assert/strict';
import { test } from 'node:test';
import { baselineOf } from '../../../../src/drift/baseline.ts';
import { profileOf } from '../../../../src/drift/profile.ts';
import { ResultCounts } from '../../../../src/metrics/result-counts.ts';
import { fakeView, startServer } from '../fixture.ts';

test('what the model said in the last hour, as counts', async (t) => {
  const all = new ResultCounts();
  const counts = all.of('abc123', ['NEGATIVE', 'POSITIVE']);
  for (let i = 0; i < 1_500; i++) counts.add(i % 2, 0.9, 20, 1, false);
  const modelVersion = 'abc123';
  const baseline = baselineOf(profileOf(all, counts), {
    labels: counts.labels,
    modelVersion,
    at: new Date(0),
  });
  const { call } = await startServer(t, fakeView({ baseline: () => baseline }));
  const { status, json } = await call('/api/v1/model/baseline');
  assert.equal(status, 200);
  assert.deepEqual(json.counts.labels, [750, 750]);
  assert.deepEqual(json.counts.unknown_tokens, [1_500, 28_500]);
});

test('with too few results there is nothing to compare with', async (t) => {
  const { call } = await startServer(t, fakeView());
  const { status, json } = await call('/api/v1/model/baseline');
  assert.equal(status, 503);
  assert.match(json.error.message, /at least 1000 results/);
});
