/** A pool whose model another one takes the place of: threads that are started later still run the old one. */
import assert from 'node:assert/strict';
import { appendFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { onnxBackend } from '../../../src/infer/backend.ts';
import { InferencePool } from '../../../src/infer/inference-pool.ts';
import { readModel } from '../../../src/infer/model.ts';
import { filesOf, type Files, labels, temporaryFolder, writeFiles } from '../../models/directory.ts';
import { type GraphOptions, graphOf } from '../../models/graphs.ts';
import { rawValues } from '../../models/onnx-writer.ts';

const zeros = [0, 0] as const;
const words = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', 'good', 'bad', 'fine', 'dull'] as const;
/** Gives every text the logits 0, 0. */
const otherGraph: GraphOptions = { weights: Object.fromEntries(words.map((word) => [word, zeros])) as never };
const GOOD = 4n;

/** With the weights in a file of their own where that is wanted. */
function files(options: GraphOptions): Files {
  const { weightsFile } = options;
  if (weightsFile === undefined) return filesOf(options);
  const table = graphOf(options).initializers.find(({ name }) => name === 'table');
  assert.ok(table !== undefined);
  return filesOf(options, labels, { [weightsFile]: rawValues(table) });
}

async function poolOf(t: TestContext, folder: string): Promise<InferencePool> {
  const { onnxPath, graph } = readModel(folder);
  const pool = new InferencePool({
    backend: onnxBackend,
    model: { onnxPath, graph, executionProviders: ['cpu'], layout: { tokensMax: 8, rowsMax: 4, labels: 2 } },
    threadsMin: 1,
    threadsMax: 2,
    timeoutMs: 60_000,
  });
  t.after(() => pool.close());
  await pool.start();
  return pool;
}

/** What a text of one word gets, from as many batches at once as there are threads. */
async function answersOf(pool: InferencePool): Promise<number[][]> {
  const answers: number[][] = [];
  const run = async (): Promise<void> => {
    const tensors = pool.tensors(1, 1);
    tensors.ids[0] = GOOD;
    tensors.mask[0] = 1n;
    await pool.run(tensors, (logits) => void answers.push([...logits]));
  };
  await Promise.all(Array.from({ length: pool.threads }, run));
  return answers;
}

for (const weightsFile of [undefined, 'weights.bin'])
  test(`a thread that starts later runs the files of its pool; weights: ${weightsFile ?? 'inside'}`, async (t) => {
    const options = weightsFile === undefined ? {} : { weightsFile };
    const folder = writeFiles(temporaryFolder(t), files(options));
    const pool = await poolOf(t, folder);
    const [expected] = await answersOf(pool);
    writeFiles(`${folder}.new`, files({ ...options, ...otherGraph }));
    t.after(() => rmSync(`${folder}.new`, { recursive: true, force: true }));
    for (const name of ['model.onnx', weightsFile ?? 'config.json'])
      renameSync(join(`${folder}.new`, name), join(folder, name));
    await pool.warm(2);
    assert.equal(pool.threads, 2);
    assert.deepEqual(await answersOf(pool), [expected, expected]);
  });

test('no thread is started any more once somebody has written into a file of the model', async (t) => {
  const folder = writeFiles(temporaryFolder(t), filesOf());
  const pool = await poolOf(t, folder);
  const [expected] = await answersOf(pool);
  appendFileSync(join(folder, 'model.onnx'), 'more');
  await pool.warm(2);
  assert.equal(pool.threads, 1);
  assert.deepEqual(await answersOf(pool), [expected]);
});
