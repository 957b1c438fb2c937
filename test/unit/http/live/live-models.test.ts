import assert from 'node:assert/strict';
import { test } from 'node:test';
import { liveModels } from '../../../../src/http/live/live-models.ts';
import { CanaryCounts } from '../../../../src/metrics/canary-counts.ts';
import { Counters } from '../../../../src/metrics/counters.ts';
import { AnswerComparison } from '../../../../src/metrics/answer-comparison.ts';

const difference = {
  ...{ topic: 't', partition: 3, offset: 42 },
  ...{ label: 'A', score: 0.9, otherLabel: 'B', otherScore: 0.7, distance: 0.6 },
};
const shown = { place: 't/3/42', answered: 'A', score: 0.9, other: 'B', otherScore: 0.7 };

test('results of each version, and nothing beside', () => {
  const counters = new Counters();
  const first = counters.results.of('v1', ['A', 'B']);
  first.add(0, 0.9, 10, 0, false);
  first.add(1, 0.9, 10, 0, false);
  counters.results.of('v2', ['A', 'B']).add(1, 0.9, 10, 0, false);
  assert.deepEqual(liveModels(counters), {
    versions: [
      { version: 'v1', results: 2 },
      { version: 'v2', results: 1 },
    ],
    beside: null,
  });
});

test('a shadow, and the texts that differ most by place', () => {
  const counters = new Counters();
  counters.shadow = new AnswerComparison({ name: 'next', version: 'v2' });
  counters.shadow.add(difference);
  assert.deepEqual(liveModels(counters).beside, {
    ...{ kind: 'shadow', model: 'next', version: 'v2', share: null, ended: null, slowdown: null },
    ...{ compared: 1, skipped: 0, failed: 0, agreement: 0, differences: [shown] },
  });
});

test('a canary that was returned from', () => {
  const counters = new Counters();
  counters.canary = new CanaryCounts({ name: 'next', version: 'v2' }, 0.2);
  counters.canary.compared.add(difference);
  counters.canary.slowdown = 3;
  counters.canary.endedBy = 'slowdown';
  assert.deepEqual(liveModels(counters).beside, {
    ...{ kind: 'canary', model: 'next', version: 'v2', share: 0.2, ended: 'slowdown', slowdown: 3 },
    ...{ compared: 1, skipped: 0, failed: 0, agreement: 0, differences: [shown] },
  });
});
