/** Real threads with a model that only sleeps: the number of threads follows the load. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestContext, test } from 'node:test';
import { sleepingBackend } from '../../../benchmarking/lib/sleeping-backend.ts';
import { InferencePool } from '../../../src/infer/inference-pool.ts';

const THREADS_MIN = 1;
const THREADS_MAX = 3;
const SLEEP_US_PER_ROW = 20_000;
/** Upper limit for the batches of a load; many more than any step takes. */
const DONE_MAX = 1_000;

function createPool(t: TestContext, threadIdleMs: number): InferencePool {
  const pool = new InferencePool({
    backend: sleepingBackend(SLEEP_US_PER_ROW),
    model: { onnxPath: '', executionProviders: [], layout: { rowsMax: 8, tokensMax: 64, labels: 2 } },
    threadsMin: THREADS_MIN,
    threadsMax: THREADS_MAX,
    threadIdleMs,
    timeoutMs: 30_000,
  });
  t.after(() => pool.close());
  return pool;
}

/** Keeps `batches` under way until `isEnough`, or too many; returns how many came back. */
async function load(pool: InferencePool, batches: number, isEnough: () => boolean): Promise<number> {
  let done = 0;
  const chain = async (): Promise<void> => {
    while (!isEnough() && done < DONE_MAX) {
      await pool.run(pool.tensors(1, 4), () => done++);
    }
  };
  await Promise.all(Array.from({ length: batches }, chain));
  return done;
}

async function until(what: string, condition: () => boolean): Promise<void> {
  for (const deadline = performance.now() + 30_000; !condition(); await sleep(5)) {
    assert.ok(performance.now() < deadline, `It never happened that ${what}.`);
  }
}

test('threads grow with the batches that are under way at once, up to the maximum', async (t) => {
  const pool = createPool(t, 600_000);
  await pool.start();
  const steps = [pool.threads];
  for (const batches of [1, 2, 3, 6]) {
    await load(pool, batches, onceMore(10 * batches));
    steps.push(pool.threads);
  }
  assert.deepEqual(steps, [1, 1, 2, 3, 3]);
});

test('threads that have nothing to do end, down to the minimum, and come back with the load', async (t) => {
  const pool = createPool(t, 50);
  for (let round = 0; round < 2; round++) {
    let most = 0;
    await load(pool, 3, () => {
      most = Math.max(most, pool.threads);
      return most === THREADS_MAX;
    });
    assert.equal(most, THREADS_MAX);
    await until('the idle threads end', () => pool.threads === THREADS_MIN);
  }
});

test('under light load one thread works and the others end; no run is cut off', async (t) => {
  const pool = createPool(t, 50);
  await load(pool, 3, onceMore(30));
  let started = 0;
  const done = await load(pool, 1, () => pool.threads === THREADS_MIN || started++ > DONE_MAX);
  assert.equal(pool.threads, THREADS_MIN);
  assert.equal(done, started, 'every batch came back');
});

function onceMore(times: number): () => boolean {
  let asked = 0;
  return () => asked++ >= times;
}
