/**
 * An ordinary export of a BERT classifier (test/fixtures/ordinary-export), in float32 and int8: its norms stay Add and
 * LayerNormalization, and the scores are what ONNX Runtime's own settings give.
 */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { sessionOptions } from '../../../src/infer/onnx-backend.ts';
import { root } from '../../helpers/paths.ts';

process.env['ORT_DISABLE_TELEMETRY'] = '1'; // the pool sets it; here the library loads without a pool

const exports = join(root, 'test/fixtures/ordinary-export');
const plain: InferenceSession.SessionOptions = { intraOpNumThreads: 1, logSeverityLevel: 4 };
const ours = sessionOptions('cpu');
/** Largest difference of a logit. In int8 a number at the border of two steps may fall to the other side. */
const files = { 'model.onnx': 1e-5, 'model_quantized.onnx': 0.05 };

/** Number of nodes of a kind in the graph that ONNX Runtime runs. */
async function nodesIn(t: TestContext, path: string, options: InferenceSession.SessionOptions, kind: string) {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-graph-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const optimizedModelFilePath = join(folder, 'optimized.onnx');
  const session = await InferenceSession.create(path, { ...options, optimizedModelFilePath });
  await session.release();
  return readFileSync(optimizedModelFilePath, 'latin1').split(fieldOf(kind)).length - 1;
}

/** Field 4 of a node, the operator, as it is in the file. */
function fieldOf(kind: string): string {
  return `\x22${String.fromCharCode(kind.length)}${kind}`;
}

async function logitsOf(path: string, options: InferenceSession.SessionOptions): Promise<Float32Array> {
  const session = await InferenceSession.create(path, options);
  const ids = BigInt64Array.from({ length: 60 }, (_, i) => BigInt((i * 7) % 64));
  const mask = BigInt64Array.from({ length: 60 }, (_, i) => (i % 20 < 12 + Math.floor(i / 20) * 4 ? 1n : 0n));
  const tensor = (values: BigInt64Array) => new Tensor('int64', values, [3, 20]);
  const { logits } = await session.run({ input_ids: tensor(ids), attention_mask: tensor(mask) });
  await session.release();
  return logits?.data as Float32Array;
}

for (const [file, bound] of Object.entries(files)) {
  const path = join(exports, file);

  test(`${file}: no norm becomes the slow operator`, async (t) => {
    assert.ok((await nodesIn(t, path, plain, 'SkipLayerNormalization')) > 0, 'by itself it does');
    assert.equal(await nodesIn(t, path, ours, 'SkipLayerNormalization'), 0);
    assert.equal(await nodesIn(t, path, ours, 'LayerNormalization'), 13);
  });

  test(`${file}: the scores stay within the stated bound, and every load gives the same`, async () => {
    const [reference, first, second] = await Promise.all(
      [plain, ours, ours].map((each) => logitsOf(path, each)),
    );
    assert.ok(reference !== undefined && first !== undefined);
    assert.deepEqual(first, second);
    for (const [i, value] of first.entries())
      assert.ok(Math.abs(value - (reference[i] ?? 0)) <= bound, `${value}`);
  });
}

for (const name of ['default', 'accurate', 'general', 'tiny']) {
  test(`models/${name} is written with fast operators (training/optimize.py)`, () => {
    const graph = readFileSync(join(root, `models/${name}/model.onnx`), 'latin1');
    assert.ok(graph.includes(fieldOf('LayerNormalization')));
    for (const slow of ['SkipLayerNormalization', 'DequantizeLinear']) {
      assert.ok(!graph.includes(fieldOf(slow)), slow);
    }
  });
}

test('providers other than the CPU keep all optimizations', () => {
  assert.equal(sessionOptions('cuda').extra, undefined);
});
