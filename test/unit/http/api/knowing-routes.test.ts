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

test('how far another model agrees, with the texts that differ most by place', async (t) => {
  const place = { topic: 't', partition: 3, offset: 42 };
  const one = { label: 'A', score: 0.9, shadow_label: 'B', shadow_score: 0.7, distance: 0.6 };
  const report = {
    ...{ model: 'next', model_version: 'abc', compared: 1, agreed: 0, differed: 1, skipped: 2, failed: 3 },
    ...{ agreement: 0, mean_distance: null, differences: [{ ...place, ...one }] },
  };
  const { call } = await startServer(t, fakeView({ shadow: () => report }));
  const { status, json } = await call('/api/v1/model/shadow');
  assert.equal(status, 200);
  assert.deepEqual(json, report);
});

test('without another model there is nothing to say', async (t) => {
  const { call } = await startServer(t, fakeView());
  assert.equal((await call('/api/v1/model/shadow')).status, 503);
});
