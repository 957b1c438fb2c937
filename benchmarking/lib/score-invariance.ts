import { onnxBackend } from '../../src/infer/backend.ts';
import { InferencePool } from '../../src/infer/inference-pool.ts';
import type { ModelInfo } from '../../src/types.ts';

const ROWS = 64;

/**
 * The largest difference in any logit between a text alone and the same text in a batch, in a batch in reverse order,
 * in a batch padded to the model's limit, and on two threads at once. 0 is perfect.
 */
export async function scoreDifference(model: ModelInfo, rows: readonly Int32Array[]): Promise<number> {
  const sample = spread(rows, ROWS);
  const layout = { tokensMax: ROWS * model.maxLength, rowsMax: ROWS, labels: model.labels.length };
  const pool = new InferencePool({
    backend: onnxBackend,
    model: { onnxPath: model.onnxPath, executionProviders: ['cpu'], layout },
    threadsMin: 2,
    threadsMax: 2,
    timeoutMs: 60_000,
  });
  await pool.start();
  const run = (batch: readonly Int32Array[], width: number) => infer(pool, model, batch, width);
  try {
    const widest = Math.max(...sample.map((row) => row.length));
    const alone: Float32Array[] = [];
    for (const row of sample) alone.push(...(await run([row], row.length)));
    const [together, padded] = await Promise.all([run(sample, widest), run(sample, model.maxLength)]);
    const reversed = (await run([...sample].reverse(), widest)).reverse();
    return Math.max(...[together, padded, reversed].map((other) => difference(alone, other)));
  } finally {
    await pool.close();
  }
}

async function infer(
  pool: InferencePool,
  model: ModelInfo,
  batch: readonly Int32Array[],
  width: number,
): Promise<Float32Array[]> {
  const tensors = pool.tensors(batch.length, width);
  tensors.ids.fill(BigInt(model.padId));
  tensors.mask.fill(0n);
  batch.forEach((row, i) => {
    row.forEach((id, at) => {
      tensors.ids[i * width + at] = BigInt(id);
      tensors.mask[i * width + at] = 1n;
    });
  });
  const labels = model.labels.length;
  let found: Float32Array[] = [];
  await pool.run(tensors, (logits) => {
    found = batch.map((_, i) => logits.slice(i * labels, (i + 1) * labels));
  });
  return found;
}

function difference(a: readonly Float32Array[], b: readonly Float32Array[]): number {
  return Math.max(
    ...a.flatMap((row, i) => Array.from(row, (x, j) => Math.abs(x - (b[i]?.[j] ?? Number.NaN)))),
  );
}

/** `count` rows at equal distances, so that both short and long ones are included. */
function spread<T>(rows: readonly T[], count: number): T[] {
  return Array.from({ length: Math.min(count, rows.length) }, (_, i) => {
    return rows[Math.floor((i * rows.length) / count)] as T;
  });
}
