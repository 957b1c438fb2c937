/** A classifier over one partition. The pool and the clock are in the hands of the test. */
import type { TestContext } from 'node:test';
import { Batcher } from '../../../src/classify/batcher.ts';
import { Classifier } from '../../../src/classify/classifier.ts';
import { KubesentimentError } from '../../../src/errors.ts';
import { Counters } from '../../../src/metrics/counters.ts';
import { SlotTable } from '../../../src/slots.ts';
import { ManualPool, type Run } from './manual-pool.ts';

export const LABELS = 2;
export const RETRIES_MAX = 3;
export const BACKOFF_MS = 100;
export const LENGTH = 5;
export const SPECIAL_TOKENS = 2;
export const limits = { rowsMax: 4, tokensMax: 64 };
export const timeout = new KubesentimentError('KS_INFERENCE_TIMEOUT', 'Too slow, on purpose.');

/** Label 1 with a score of 0.75. */
export const logits = [0, Math.log(3)];

interface Setup {
  readonly threads?: number;
  readonly batchSpacingMs?: number;
}

export function rig(t: TestContext, { threads = 1, batchSpacingMs = 0 }: Setup = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const clock = { now: 1_000 };
  t.mock.method(performance, 'now', () => clock.now);
  const table = new SlotTable(16);
  const pool = new ManualPool(threads);
  const batcher = new Batcher({ ...limits, table, lengthMax: 16, timeoutMs: 50, hasWindows: true });
  const allScores = new Float32Array(table.capacity * LABELS);
  const counters = new Counters();
  const seen = {
    finished: 0,
    fatal: [] as unknown[],
    failures: [] as number[],
    traces: [] as unknown[],
    inFlight: [] as number[],
    forgotten: [] as number[],
  };
  const settings = { limits, labels: LABELS, retriesMax: RETRIES_MAX, retryBackoffMs: BACKOFF_MS };
  const classifier = new Classifier(settings, {
    table,
    allScores,
    decoder: {
      pack: (slots, count, width, ids) => {
        for (let row = 0; row < count; row++) ids[row * width] = BigInt(slots[row] as number);
      },
      specialTokens: SPECIAL_TOKENS,
      forgetWindows: (slot) => void seen.forgotten.push(slot),
    },
    batcher,
    pool,
    counters,
    pace: {
      batchSpacingMs,
      note: (inFlight) => void seen.inFlight.push(inFlight),
    },
    observer: {
      onBatch: (batch) => (error) => seen.traces.push([batch.count, error]),
      onBatchFailure: (_error, rows) => void seen.failures.push(rows),
    },
    progress: [{ notify: () => seen.finished++ }],
    onFatal: (error) => seen.fatal.push(error),
  });
  const take = (windows = 1, lastLength = LENGTH, how: 'alone' | 'queued' = 'queued'): number => {
    const slot = table.take({ topic: 't', partition: 0, offset: 0, value: null, size: 0 }, clock.now);
    table.length[slot] = LENGTH;
    table.windows[slot] = windows;
    table.lastLength[slot] = lastLength;
    if (how === 'alone') classifier.addAlone(slot);
    else classifier.add(slot, 1);
    return slot;
  };
  return {
    ...{ table, pool, allScores, counters, seen, classifier, take },
    /** Rows that go to the model as one batch. */
    batch: (rows: number): { readonly slots: readonly number[]; readonly run: Run } => {
      const slots = Array.from({ length: rows }, () => take());
      classifier.dispatch();
      return { slots, run: pool.runs.at(-1) as Run };
    },
    drop: (slot: number): void => {
      table.drop(slot);
    },
    pass: (ms: number): void => {
      clock.now += ms;
      t.mock.timers.tick(ms);
    },
    outcomeOf: (slot: number): string => {
      if (table.message[slot] === undefined) return 'free';
      if (!table.isFinished(slot)) return 'pending';
      return table.isResult(slot) ? 'result' : table.errorTypeOf(slot);
    },
  };
}
