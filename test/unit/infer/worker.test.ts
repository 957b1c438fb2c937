/** Inference threads with backend modules of somebody else. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type BackendModule, onnxBackend } from '../../../src/infer/backend.ts';
import { InferencePool } from '../../../src/infer/inference-pool.ts';
import { filesOf, temporaryFolder, writeFiles } from '../../models/directory.ts';
import { Type } from '../../models/onnx-writer.ts';

function poolWith(t: TestContext, backend: BackendModule, onnxPath = 'some.onnx'): InferencePool {
  const pool = new InferencePool({
    backend,
    model: {
      onnxPath,
      executionProviders: [backend === onnxBackend ? 'cpu' : 'quantum'],
      layout: { rowsMax: 4, tokensMax: 32, labels: 2 },
    },
    threadsMin: 1,
    threadsMax: 1,
    timeoutMs: 30_000,
  });
  t.after(() => pool.close());
  return pool;
}

function moduleOf(code: string): string {
  return `data:text/javascript,${encodeURIComponent(code)}`;
}

async function infer(pool: InferencePool, rows: readonly (readonly number[])[]): Promise<number[]> {
  const width = Math.max(...rows.map((row) => row.length));
  const tensors = pool.tensors(rows.length, width);
  tensors.ids.fill(0n);
  tensors.mask.fill(0n);
  for (const [index, row] of rows.entries()) {
    tensors.ids.set(row.map(BigInt), index * width);
    tensors.mask.fill(1n, index * width, index * width + row.length);
  }
  let found: number[] = [];
  await pool.run(tensors, (logits) => {
    found = [...logits];
  });
  return found;
}

/** The logits of a row are the sum of its ids times an option, and the number of its tokens; id 13 is refused. */
const summing = moduleOf(`
  export async function load(model, { factor }) {
    const sum = (values) => Number(values.reduce((a, b) => a + b, 0n));
    return {
      provider: model.executionProviders[0],
      unavailable: [model.onnxPath],
      async run({ rows, width, ids, mask, logits }) {
        if (ids.includes(13n)) throw new Error('13 is unlucky');
        for (let row = 0; row < rows; row++) {
          logits[2 * row] = factor * sum(ids.subarray(row * width, (row + 1) * width));
          logits[2 * row + 1] = sum(mask.subarray(row * width, (row + 1) * width));
        }
      },
    };
  }`);

test('a foreign backend gets the model, its own options and each batch', async (t) => {
  const pool = poolWith(t, { url: summing, options: { factor: 10 } });
  assert.deepEqual(await pool.start(), {
    provider: 'quantum',
    unavailable: ['some.onnx'],
    optimizersOff: [],
  });
  assert.deepEqual(await infer(pool, [[1, 2, 3], [4]]), [60, 3, 40, 1]);
  assert.deepEqual(await infer(pool, [[5]]), [50, 1], 'nothing is left of the batch before');
});

test('a batch that a backend rejects fails alone, with the reason', async (t) => {
  const pool = poolWith(t, { url: summing, options: { factor: 1 } });
  await assert.rejects(infer(pool, [[13]]), {
    code: 'KS_INFERENCE_FAILED',
    message: 'Inference failed: 13 is unlucky',
  });
  assert.deepEqual(await infer(pool, [[12]]), [12, 1]);
});

const broken: [name: string, url: string, message: RegExp][] = [
  [
    'whose load rejects',
    moduleOf("export const load = async () => { throw new Error('no licence'); }"),
    /cannot be loaded: no licence$/,
  ],
  ['that does not exist', new URL('./no-such-backend.js', import.meta.url).href, /Cannot find module/],
  ['that has no load', moduleOf('export const other = 1'), /exports no function "load"/],
  ['that is no JavaScript', moduleOf('export const load = ('), /cannot be loaded: Unexpected end of input/],
];

for (const [name, url, message] of broken) {
  test(`a backend ${name} fails the start with the reason, and every batch`, async (t) => {
    const pool = poolWith(t, { url });
    await assert.rejects(pool.start(), { code: 'KS_MODEL_INVALID', message });
    await assert.rejects(infer(pool, [[1]]), { code: 'KS_INFERENCE_FAILED' });
  });
}

/** Gives the ids back as logits, one turn of the event loop after it has looked at them. */
const deferring = moduleOf(`
  export async function load() {
    let running = 0;
    return {
      provider: 'deferring',
      unavailable: [],
      async run({ ids, logits }) {
        if (++running > 1) throw new Error('a batch is under way');
        await new Promise(setImmediate);
        logits.set([...ids].map(Number));
        running--;
      },
    };
  }`);

test('a backend gets a batch only when it is done with the one before, be that a failed one', async (t) => {
  const pool = poolWith(t, { url: deferring });
  await pool.start();
  for (let round = 0; round < 20; round++) {
    const both = await Promise.all([infer(pool, [[round, 1]]), infer(pool, [[2, round]])]);
    assert.deepEqual(both, [
      [round, 1],
      [2, round],
    ]);
  }
  const failing = poolWith(t, { url: summing, options: { factor: 1 } });
  await failing.start();
  const [refused, fine] = await Promise.allSettled([infer(failing, [[13]]), infer(failing, [[12]])]);
  assert.deepEqual([refused.status, fine], ['rejected', { status: 'fulfilled', value: [12, 1] }]);
});

test('inputs that are converted belong to one batch, whatever waits behind it', async (t) => {
  const folder = writeFiles(temporaryFolder(t), filesOf({ idType: Type.int32, positions: true }));
  const pool = poolWith(t, onnxBackend, join(folder, 'model.onnx'));
  await pool.start();
  const batches = [[[4, 5, 6]], [[7, 4]]];
  const alone: number[][] = [];
  for (const rows of batches) alone.push(await infer(pool, rows));
  assert.notDeepEqual(alone[0], alone[1]);
  for (let round = 0; round < 20; round++)
    assert.deepEqual(await Promise.all(batches.map((rows) => infer(pool, rows))), alone);
});
