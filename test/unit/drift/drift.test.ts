import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Drift, OBSERVE_MS } from '../../../src/drift/drift.ts';
import { signals } from '../../../src/drift/profile.ts';
import { type ModelResults, ResultCounts } from '../../../src/metrics/result-counts.ts';
import { baseline, recorded, Traffic } from '../../helpers/recorded-traffic.ts';

/** Of the alert SentimentDrift. */
const ALARM = 0.02;

test('ten points more of a label at 1,000 a second are over the alarm within a minute', () => {
  const traffic = new Traffic(2);
  const drift = new Drift(traffic.counts, traffic.model, baseline());
  let now = 0;
  const tick = (positive: number): void => {
    traffic.send((1_000 * OBSERVE_MS) / 1_000, positive);
    now += OBSERVE_MS;
    drift.observe(now);
  };
  for (let i = 0; i < 60; i++) tick(0.5);
  assert.ok((drift.values?.labels as number) < ALARM / 2);
  const changedAt = now;
  while ((drift.values?.labels as number) < ALARM && now < changedAt + 600_000) tick(0.6);
  // Two scrapes and an evaluation of fifteen seconds each must still fit into the minute.
  assert.ok(now - changedAt <= 30_000, `${now - changedAt} ms`);
});

for (const perSecond of [1, 20, 1_000]) {
  const hours = perSecond === 1_000 ? 1 : 24;
  test(`${hours} h of steady traffic at ${perSecond} a second raise no alarm`, () => {
    const traffic = new Traffic(3 + perSecond);
    const drift = new Drift(traffic.counts, traffic.model, baseline());
    let said = 0;
    for (let now = 0; now < hours * 3_600_000; now += OBSERVE_MS) {
      traffic.send((perSecond * OBSERVE_MS) / 1_000);
      drift.observe(now);
      if (drift.values === undefined) continue;
      said++;
      for (const signal of signals) {
        const value = drift.values[signal];
        assert.ok(value < ALARM, `${signal} ${value} after ${now / 1_000} s`);
      }
    }
    assert.ok(said > 500, `only ${said} values`);
  });
}

test('longer texts, less certain scores and unknown words are each seen by their own signal', () => {
  const change = (alter: (counts: ModelResults, i: number) => void): Record<string, number> => {
    const all = new ResultCounts();
    const counts = all.of('v1', recorded.labels);
    const drift = new Drift(all, counts, baseline());
    drift.observe(0);
    for (let i = 0; i < 20_000; i++) alter(counts, i);
    drift.observe(OBSERVE_MS);
    return drift.values ?? {};
  };
  const at = (i: number) =>
    recorded.results[i % recorded.results.length] as (typeof recorded.results)[number];
  const same = change((counts, i) => counts.add(...at(i), false));
  for (const signal of signals) assert.ok((same[signal] as number) < 0.005, `${signal} ${same[signal]}`);
  const longer = change((counts, i) => {
    const [label, score, tokens, unknown] = at(i);
    counts.add(label, score, 2 * tokens, 2 * unknown, false);
  });
  assert.ok((longer['length'] as number) > 0.25);
  assert.ok((longer['labels'] as number) < 0.005);
  const unsure = change((counts, i) => {
    const [label, score, tokens, unknown] = at(i);
    counts.add(label, 0.5 + (score - 0.5) / 2, tokens, unknown, false);
  });
  assert.ok((unsure['scores'] as number) > 0.25);
  const foreign = change((counts, i) => {
    const [label, score, tokens] = at(i);
    counts.add(label, score, tokens, Math.floor(tokens / 4), false);
  });
  assert.ok((foreign['unknown_tokens'] as number) > 0.1);
  assert.ok((foreign['length'] as number) < 0.005);
});

test('a change that is over is forgotten', () => {
  const traffic = new Traffic(9);
  const drift = new Drift(traffic.counts, traffic.model, baseline());
  let now = 0;
  const tick = (positive: number): void => {
    traffic.send(5_000, positive);
    now += OBSERVE_MS;
    drift.observe(now);
  };
  for (let i = 0; i < 20; i++) tick(0.8);
  assert.ok((drift.values?.labels as number) > ALARM);
  for (let i = 0; i < 7; i++) tick(0.5);
  assert.ok((drift.values?.labels as number) < ALARM);
});

test('without a baseline, or with too few results, nothing is said', () => {
  const traffic = new Traffic(4);
  const without = new Drift(traffic.counts, traffic.model);
  const quiet = new Drift(traffic.counts, traffic.model, baseline());
  for (let now = 0; now < 100_000; now += OBSERVE_MS) {
    traffic.send(20);
    without.observe(now);
    quiet.observe(now);
  }
  assert.equal(without.values, undefined);
  assert.equal(quiet.values, undefined);
  for (let now = 100_000; now < 200_000; now += OBSERVE_MS) {
    traffic.send(100);
    quiet.observe(now);
  }
  assert.notEqual(quiet.values, undefined);
});

test('the last hour is an hour', () => {
  const traffic = new Traffic(5);
  const drift = new Drift(traffic.counts, traffic.model);
  for (let now = 0; now <= 7_200_000; now += OBSERVE_MS) {
    traffic.send(now < 3_600_000 ? 3 : 1);
    drift.observe(now);
  }
  const results = drift.lastHour().labels.reduce((sum, count) => sum + count, 0);
  assert.equal(results, 3_600_000 / OBSERVE_MS);
});
