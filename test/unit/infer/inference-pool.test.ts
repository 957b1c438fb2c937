/** Real threads, with a real model and with one that the test controls. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import type { Worker } from 'node:worker_threads';
import { sleepingBackend } from '../../../benchmarking/lib/sleeping-backend.ts';
import { nullBackend, onnxBackend } from '../../../src/infer/backend.ts';
import { InferencePool, type InferencePoolOptions } from '../../../src/infer/inference-pool.ts';
import { GatedBackend } from '../../helpers/gated-backend.ts';
import { root } from '../../helpers/paths.ts';

const model: InferencePoolOptions['model'] = {
  onnxPath: join(root, 'models/accurate/model.onnx'),
  executionProviders: ['cpu'],
  layout: { rowsMax: 64, tokensMax: 8_192, labels: 2 },
};
/** See `sessionOptions`. */
const optimizersOff = ['SkipLayerNormFusion'];
const options: InferencePoolOptions = {
  backend: onnxBackend,
  model,
  threadsMin: 1,
  threadsMax: 1,
  timeoutMs: 30_000,
};

function createPool(t: TestContext, more: Partial<InferencePoolOptions> = {}): InferencePool {
  const pool = new InferencePool({ ...options, ...more });
  t.after(() => pool.close());
  return pool;
}

/** No batch comes back before the gate is open. */
function createGatedPool(t: TestContext, timeoutMs = 200): { pool: InferencePool; gate: GatedBackend } {
  const gate = new GatedBackend();
  t.after(() => gate.open());
  return { pool: createPool(t, { backend: gate.module, timeoutMs }), gate };
}

/** Token ids of rows, padded to the longest. */
async function infer(pool: InferencePool, rows: readonly (readonly number[])[]): Promise<number[]> {
  const width = Math.max(...rows.map((row) => row.length));
  const { ids, mask, ...rest } = pool.tensors(rows.length, width);
  ids.fill(0n);
  mask.fill(0n);
  for (const [index, row] of rows.entries()) {
    ids.set(row.map(BigInt), index * width);
    mask.fill(1n, index * width, index * width + row.length);
  }
  let logits: number[] = [];
  await pool.run({ ids, mask, ...rest }, (found) => {
    logits = [...found];
  });
  return logits;
}

/** "good", "it is very bad" and "a film". */
const rows = [
  [101, 2204, 102],
  [101, 2009, 2003, 2200, 2919, 102],
  [101, 1037, 2143, 102],
];

test('each row gets its own logits, whatever stands beside it', async (t) => {
  const pool = createPool(t);
  assert.deepEqual(await pool.start(), { provider: 'cpu', unavailable: [], optimizersOff, wantsTrial: true });
  const together = await infer(pool, rows);
  const alone: number[] = [];
  for (const row of rows) alone.push(...(await infer(pool, [row])));
  assert.equal(together.length, 6);
  for (const [i, value] of together.entries()) {
    assert.ok(Math.abs(value - (alone[i] as number)) < 1e-4, `${together} and ${alone}`);
  }
  const [negative, positive] = together as [number, number];
  assert.ok(positive > negative);
  assert.ok((together[2] as number) > (together[3] as number));
});

test('buffers are moved away and come back', async (t) => {
  const pool = createPool(t);
  const first = pool.tensors(1, 3);
  first.ids.set([101n, 2204n, 102n]);
  first.mask.fill(1n);
  const running = pool.run(first, () => undefined);
  assert.equal(first.buffer.byteLength, 0, 'moved, not copied');
  await running;
  const second = pool.tensors(1, 3);
  assert.deepEqual([...second.ids], [101n, 2204n, 102n], 'the same memory');
  assert.equal(pool.tensors(1, 3).ids[0], 0n, 'while it is away another one is made');
});

test('a place is taken until the batch is back, and then it is told', async (t) => {
  const pool = createPool(t);
  let told = 0;
  const remove = pool.onPlace(() => told++);
  assert.deepEqual([pool.hasIdleThread, pool.hasPlace], [true, true]);
  const first = infer(pool, rows);
  assert.deepEqual([pool.hasIdleThread, pool.hasPlace, pool.inFlight], [false, true, 1]);
  const second = infer(pool, rows);
  assert.deepEqual([pool.hasPlace, pool.inFlight], [false, 2]);
  await Promise.all([first, second]);
  assert.deepEqual([pool.hasIdleThread, pool.inFlight, told], [true, 0, 2]);
  remove();
  await infer(pool, rows);
  assert.equal(told, 2, 'a removed listener is not called');
});

test('a batch that the model refuses fails alone; the thread goes on', async (t) => {
  const pool = createPool(t);
  await assert.rejects(infer(pool, [[101, 9_999_999, 102]]), { code: 'KS_INFERENCE_FAILED' });
  assert.equal((await infer(pool, rows)).length, 6);
  assert.equal(pool.inFlight, 0);
});

test('a batch that takes too long is a timeout, and its place is free when it is back', async (t) => {
  const { pool, gate } = createGatedPool(t);
  await pool.start();
  const freed = new Promise<void>((resolve) => pool.onPlace(resolve));
  await assert.rejects(infer(pool, [[101, 102]]), { code: 'KS_INFERENCE_TIMEOUT', retryable: true });
  assert.equal(pool.inFlight, 1);
  assert.equal(pool.isStuck, false);
  gate.open();
  await freed;
  assert.equal(pool.inFlight, 0);
});

test('a wall clock that is set back does not give a batch more time', async (t) => {
  const { pool, gate } = createGatedPool(t);
  await pool.start();
  const now = Date.now;
  t.mock.method(Date, 'now', () => now() - 7_200_000);
  await assert.rejects(infer(pool, [[101, 102]]), { code: 'KS_INFERENCE_TIMEOUT' });
  gate.open();
});

test('with every place held for twice the timeout the pool is stuck, until one is free', async (t) => {
  const { pool, gate } = createGatedPool(t);
  await pool.start();
  const freed = new Promise<void>((resolve) => pool.onPlace(resolve));
  const first = pool.run(pool.tensors(1, 4), () => undefined);
  // Either may be given up first, and this one may be handed back before the pool is stuck.
  const behind = pool.run(pool.tensors(1, 4), () => undefined).catch(() => false);
  await assert.rejects(first, { code: 'KS_INFERENCE_TIMEOUT' });
  assert.equal(await behind, false);
  assert.equal(pool.isStuck, true);
  gate.open();
  await freed;
  await new Promise(setImmediate);
  assert.equal(pool.isStuck, false);
});

test('a batch that only stood behind one that takes too long is handed back, and has not failed', async (t) => {
  const { pool, gate } = createGatedPool(t, 1_000);
  await pool.start();
  const slow = pool.run(pool.tensors(1, 4), () => assert.fail('given up'));
  let answer: boolean | undefined;
  const behind = pool
    .run(pool.tensors(1, 4), () => assert.fail('handed back'))
    .then((hasRun) => {
      answer = hasRun;
    });
  await assert.rejects(slow, { code: 'KS_INFERENCE_TIMEOUT' });
  // Given up second, it is handed back only when the pool is no longer stuck.
  while (answer === undefined && !pool.isStuck) await new Promise(setImmediate);
  gate.open();
  await behind;
  assert.equal(answer, false);
});

test('its time begins with its run: a batch behind a slow one is not given up too soon', async (t) => {
  const pool = createPool(t, { backend: sleepingBackend(600_000), timeoutMs: 1_000 });
  await pool.start();
  const both = [pool.run(pool.tensors(1, 4), () => undefined), pool.run(pool.tensors(1, 4), () => undefined)];
  assert.deepEqual(await Promise.all(both), [true, true]);
});

test('a thread that dies fails its batches only, and is replaced', async (t) => {
  const workers: Worker[] = [];
  const remember = (worker: Worker): unknown => workers.push(worker);
  process.on('worker', remember);
  t.after(() => process.off('worker', remember));
  const { pool, gate } = createGatedPool(t, 30_000);
  await pool.start();
  const running = infer(pool, rows);
  await gate.started(1);
  await workers.at(-1)?.terminate();
  await assert.rejects(running, { code: 'KS_INFERENCE_FAILED', retryable: true });
  assert.equal(pool.inFlight, 0);
  gate.open();
  assert.deepEqual(await infer(pool, rows), [0, 0, 0, 0, 0, 0]);
  assert.equal(workers.length, 2);
});

test('a file that is no model is refused at the start', async (t) => {
  const pool = createPool(t, { model: { ...model, onnxPath: join(root, 'package.json') } });
  await assert.rejects(pool.start(), {
    code: 'KS_MODEL_INVALID',
    message: /^The model cannot be loaded: ONNX Runtime rejects it: /,
  });
  await assert.rejects(infer(pool, rows), { code: 'KS_INFERENCE_FAILED' });
});

test('a provider that is not there is passed over, and named', async (t) => {
  const pool = createPool(t, { model: { ...model, executionProviders: ['webgpu-of-nobody', 'cpu'] } });
  const { provider, unavailable } = await pool.start();
  assert.deepEqual({ provider, unavailable }, { provider: 'cpu', unavailable: ['webgpu-of-nobody'] });
});

test('without a model every logit is 0', async (t) => {
  const pool = createPool(t, { backend: nullBackend });
  assert.deepEqual(await pool.start(), { provider: 'none', unavailable: [], optimizersOff: [] });
  assert.deepEqual(await infer(pool, rows), [0, 0, 0, 0, 0, 0]);
});
