/** What the pace makes of a load, in a simulated pipeline with the costs of a real one: no clock, no machine. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eager, type Scenario, type Second, simulate } from './queue-simulator.ts';

const TARGET_MS = 100;
/** What the simulated machine can carry is some 12,500 messages a second. */
const OVERLOAD = 20_000;
const USUAL = { model: 1, broker: 1 };

const run = (scenario: Scenario, from = 0, to?: number): Second[] => simulate(scenario).slice(from, to);
const mean = (seconds: readonly Second[], of: (second: Second) => number): number =>
  seconds.reduce((sum, second) => sum + of(second), 0) / seconds.length;
const cost = (seconds: readonly Second[]): number => mean(seconds, (second) => second.cost);
const carried = (seconds: readonly Second[]): number => mean(seconds, ({ committed }) => committed);
const p95 = (seconds: readonly Second[]): number => Math.max(...seconds.map((second) => second.p95));

test('up to nine tenths of what the machine carries, p95 stays below the target and nothing is left lying', () => {
  for (const rate of [10, 100, 1_000, 2_900, 5_000, 8_000, 11_000]) {
    const seconds = run({ seconds: 6, rate: () => rate }, 3);
    assert.ok(p95(seconds) < TARGET_MS, `${rate}/s: ${p95(seconds)}`);
    const max = Math.max(...seconds.map((second) => second.max));
    assert.ok(max < 1.5 * TARGET_MS, `${rate}/s: ${max}`);
    assert.ok(Math.abs(carried(seconds) - rate) < 0.1 * rate + 5, `${rate}/s: ${carried(seconds)}`);
  }
});

test('a lone message waits for nobody', () => {
  const seconds = run({ seconds: 6, rate: () => 10 }, 3);
  assert.ok(mean(seconds, ({ p50 }) => p50) < 15);
});

test('at a quarter of what the machine carries, a message costs little more than at its limit', () => {
  const quarter = run({ seconds: 6, rate: () => 2_900 }, 3);
  const limit = run({ seconds: 6, rate: () => OVERLOAD }, 3);
  assert.ok(cost(quarter) < 1.25 * cost(limit), `${cost(quarter)} ms, ${cost(limit)} ms`);
});

test('waiting for company saves processor time at every load between a trickle and the limit', () => {
  for (const [rate, share] of [
    [1_000, 0.6],
    [2_900, 0.75],
    [5_000, 0.85],
    [8_000, 0.95],
  ] as const) {
    const [waits, none] = [undefined, eager].map((pace) => run({ seconds: 5, rate: () => rate, pace }, 2));
    const ratio = cost(waits as Second[]) / cost(none as Second[]);
    assert.ok(ratio < share, `${rate}/s: ${ratio}`);
  }
});

test('a steady load gives steady waits', () => {
  const seconds = run({ seconds: 12, rate: () => 2_900 }, 4);
  const intervals = seconds.map(({ intervalMs }) => intervalMs);
  assert.ok(Math.max(...intervals) < 1.2 * Math.min(...intervals), intervals.join());
});

test('after a step of the load, p95 is below the target again within a second', () => {
  const seconds = run({ seconds: 12, rate: (at) => (at >= 3 && at < 7 ? 9_000 : 300) });
  assert.ok(p95(seconds.slice(4)) < TARGET_MS, `${p95(seconds.slice(4))}`);
  assert.ok(carried(seconds.slice(4, 7)) > 8_500);
});

test('a burst of twenty times the load is answered within the target', () => {
  const seconds = run({ seconds: 6, rate: (at) => (at > 3 && at < 3.2 ? 40_000 : 2_000) }, 2);
  assert.ok(p95(seconds) < TARGET_MS, `${p95(seconds)}`);
});

test('beyond the limit it carries as much as it can, and afterwards p95 is what it was', () => {
  const seconds = run({ seconds: 14, rate: (at) => (at > 2 && at < 7 ? OVERLOAD : 3_000) });
  assert.ok(carried(seconds.slice(4, 10)) > 12_000, `${carried(seconds.slice(4, 10))}`);
  assert.ok(p95(seconds.slice(12)) < TARGET_MS);
});

test('the way to the limit has no cliff: throughput never falls while the load grows', () => {
  const seconds = run({ seconds: 20, rate: (at) => at * 800 }, 2);
  for (const [i, { committed }] of seconds.entries()) {
    const before = Math.max(...seconds.slice(0, i).map((second) => second.committed), 0);
    assert.ok(committed > 0.85 * before, `second ${i}: ${committed} after ${before}`);
  }
});

test('on the way back the waits are those of the way there', () => {
  const top = 10_000;
  const seconds = run({ seconds: 20, rate: (at) => (top * Math.min(at, 20 - at)) / 10 });
  for (let i = 2; i < 9; i++) {
    const [up, down] = [seconds[i], seconds[19 - i]] as [Second, Second];
    assert.ok(Math.abs(up.p95 - down.p95) < 0.25 * up.p95, `second ${i}: ${up.p95}, ${down.p95}`);
    assert.ok(Math.abs(up.cost - down.cost) < 0.25 * up.cost, `second ${i}: ${up.cost}, ${down.cost}`);
  }
});

test('a slow broker, and a slow model, are over when they are over', () => {
  for (const slow of [
    { model: 1, broker: 10 },
    { model: 3, broker: 1 },
  ]) {
    const slowness = (at: number) => (at > 3 && at < 8 ? slow : USUAL);
    const seconds = run({ seconds: 12, rate: () => 3_000, slowness });
    assert.ok(p95(seconds.slice(9)) < TARGET_MS);
    assert.ok(carried(seconds.slice(4)) > 2_900);
  }
});

test('a broker that is slow, but not too slow for the target, gets fewer waits before it', () => {
  const slowness = () => ({ model: 1, broker: 5 });
  const seconds = run({ seconds: 10, rate: () => 3_000, slowness });
  assert.ok(p95(seconds.slice(0, 1)) > TARGET_MS, 'at first it does not know');
  assert.ok(p95(seconds.slice(2)) < TARGET_MS, `${p95(seconds.slice(2))}`);
});

test('a broker that is too slow for the target is spared', () => {
  const slowness = () => ({ model: 1, broker: 20 });
  const seconds = run({ seconds: 10, rate: () => 3_000, slowness }, 3);
  assert.ok(carried(seconds) > 2_800, `${carried(seconds)}`);
  assert.ok(mean(seconds, ({ intervalMs }) => intervalMs) > 1.5 * TARGET_MS);
  assert.ok(mean(seconds, ({ rowsPerBatch }) => rowsPerBatch) > 10, 'batches are not small for nothing');
});

test('a busy event loop is a limit as well', () => {
  const [free, busy] = [0.5, 1].map((loopBusy) => run({ seconds: 6, rate: () => 3_000, loopBusy }, 4));
  assert.ok(mean(free as Second[], ({ intervalMs }) => intervalMs) < TARGET_MS);
  assert.ok(mean(busy as Second[], ({ intervalMs }) => intervalMs) > 1.8 * TARGET_MS);
});

test('another target gives other waits', () => {
  const [short, long] = [30, 400].map((targetMs) => run({ seconds: 6, rate: () => 3_000, targetMs }, 3));
  assert.ok(p95(short as Second[]) < p95(long as Second[]));
  assert.ok(p95(short as Second[]) < 35, `${p95(short as Second[])}`);
  assert.ok(p95(long as Second[]) < 400);
  assert.ok(cost(short as Second[]) > cost(long as Second[]));
});
