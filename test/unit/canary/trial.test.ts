import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CanaryTrial, type TrialLimits } from '../../../src/canary/trial.ts';
import { KubesentimentError } from '../../../src/errors.ts';
import type { ModelPool, Tensors } from '../../../src/infer/model-pool.ts';
import { CanaryCounts } from '../../../src/metrics/canary-counts.ts';

const place = { topic: 't', partition: 0, offset: 0, score: 0.9, otherScore: 0.5, distance: 0.4 };
const same = { ...place, label: 'A', otherLabel: 'A' };
const other = { ...place, label: 'A', otherLabel: 'B' };

function setUp(limits: Partial<TrialLimits> = {}) {
  let now = 0;
  const counts = new CanaryCounts({ name: 'next', version: 'v2' }, 0.2);
  const trial = new CanaryTrial(
    counts,
    { disagreement: 0.1, errors: 0.01, slowdown: 2, ...limits },
    () => now,
  );
  const ends: string[] = [];
  trial.onEnd((reason) => ends.push(`${reason} at ${now}`));
  const at = (ms: number): void => {
    now = ms;
  };
  return { trial, counts, ends, at };
}

const tensors = { rows: 4, width: 16 } as Tensors;

/** Takes `ms` for each batch, or fails. */
function poolOf(ms: () => number, error?: Error): ModelPool {
  return {
    ...{ hasPlace: true, hasIdleThread: true, isStuck: true, inFlight: 0 },
    onPlace: () => () => undefined,
    tensors: () => tensors,
    run: async (_, read) => {
      if (error !== undefined) throw error;
      read(new Float32Array(8), ms());
      return true;
    },
  };
}

const run = (pool: ModelPool) => pool.run(tensors, () => undefined);

test('errors: within 30 s at ten texts a second, and never for a share below the limit', async () => {
  const { trial, ends, at } = setUp();
  const fine = trial.watchNew(poolOf(() => 1));
  for (let second = 0; second < 3_600; second++) {
    at(second * 1_000);
    for (let i = 0; i < 5; i++) await run(fine);
    if (second % 10 === 0) trial.failed(); // half of the limit
  }
  assert.deepEqual(ends, []);
  for (let i = 0; i < 300 && !trial.isOver; i++) {
    at(3_600_000 + 100 * i);
    trial.failed();
  }
  assert.equal(ends.length, 1);
  assert.match(ends[0] ?? '', /^errors at 360[0-2]\d{3}$/);
});

test('disagreement: within 30 s at five comparisons a second, if every second label is another', () => {
  const { trial, ends, at, counts } = setUp();
  for (let i = 0; i < 18_000; i++) {
    at(200 * i);
    trial.compared(i % 12 === 0 ? other : same);
  }
  assert.deepEqual(ends, []);
  for (let i = 0; i < 150 && !trial.isOver; i++) {
    at(3_600_000 + 200 * i);
    trial.compared(i % 2 === 0 ? other : same);
  }
  assert.match(ends[0] ?? '', /^disagreement at 36[0-2]\d{4}$/);
  assert.equal(counts.endedBy, 'disagreement');
});

test('slowdown: within 30 s at two batches a second, and never below the limit', async () => {
  const { trial, ends, at, counts } = setUp();
  let ms = 10;
  const old = trial.watchOld(poolOf(() => 10));
  const fresh = trial.watchNew(poolOf(() => ms));
  const pair = async (nowMs: number): Promise<void> => {
    at(nowMs);
    await run(old);
    await run(fresh);
  };
  for (let i = 0; i < 5_000; i++) {
    ms = i % 3 === 0 ? 100 : 12; // a busy machine
    await pair(500 * i);
  }
  assert.deepEqual(ends, []);
  ms = 25;
  for (let i = 0; i < 60 && !trial.isOver; i++) await pair(2_500_000 + 500 * i);
  assert.match(ends[0] ?? '', /^slowdown at 25[0-2]\d{4}$/);
  assert.ok((counts.slowdown ?? 0) > 1.5);
});

test('slowdown is that of a text: more tokens for the same texts count', async () => {
  const { trial, ends, counts } = setUp();
  const old = trial.watchOld(poolOf(() => 10));
  const fresh = trial.watchNew(poolOf(() => 15));
  const pair = async (): Promise<void> => {
    await run(old);
    await run(fresh);
  };
  for (let i = 0; i < 100; i++) await pair();
  assert.deepEqual([ends, counts.slowdown?.toFixed(2)], [[], '1.50']);
  for (let i = 0; i < 50; i++) trial.compared(same, [30, 20]);
  for (let i = 0; i < 40; i++) await pair();
  assert.deepEqual([ends, counts.slowdown?.toFixed(2)], [['slowdown at 0'], '2.25']);
});

test('a batch that never comes back: at once, and no reason to end the process', async () => {
  const { trial, ends } = setUp();
  const hung = trial.watchNew(poolOf(() => 1, new KubesentimentError('KS_INFERENCE_TIMEOUT', 'Too long.')));
  await assert.rejects(run(hung));
  assert.deepEqual(ends, ['hang at 0']);
  assert.equal(hung.isStuck, false);
  assert.equal(trial.watchOld(poolOf(() => 1)).isStuck, true);
});

test('it ends once, whatever comes then, and says so to those who listen', async () => {
  const { trial, ends, counts } = setUp();
  let late = 0;
  const leave = trial.onEnd(() => late++);
  leave();
  trial.end('operator');
  for (let i = 0; i < 100; i++) {
    trial.failed();
    trial.compared(other);
  }
  trial.end('hang');
  assert.deepEqual([ends, late], [['operator at 0'], 0]);
  assert.deepEqual([counts.endedBy, counts.failed, counts.compared.compared], ['operator', 0, 0]);
});
