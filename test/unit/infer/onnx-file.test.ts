import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { KubesentimentError } from '../../../src/errors.ts';
import { describePort, readOnnx } from '../../../src/infer/onnx-file.ts';
import { planOf } from '../../../src/infer/onnx-plan.ts';
import { root } from '../../helpers/paths.ts';
import { graphOf } from '../../models/graphs.ts';
import { onnxModel, Type } from '../../models/onnx-writer.ts';

test('the outline of a real model', () => {
  const graph = readOnnx(readFileSync(join(root, 'models/accurate/model.onnx')));
  assert.deepEqual(
    graph.inputs.map(({ name, type }) => [name, type]),
    ['input_ids', 'attention_mask'].map((name) => [name, Type.int64]),
  );
  assert.deepEqual(
    graph.outputs.map(({ name, type, shape }) => [name, type, shape?.[1]]),
    [['logits', Type.float, 2]],
  );
  assert.deepEqual(graph.weightFiles, []);
  const plan = planOf(graph, 'model.onnx', 2);
  assert.deepEqual([plan.columns, plan.rowsFixed, plan.widthFixed], [2, undefined, undefined]);
});

test('what the file says of names, types, sizes and weights', () => {
  const graph = readOnnx(onnxModel(graphOf({ weightsFile: 'w.bin', idType: Type.int32, shape: [4, 'len'] })));
  assert.deepEqual(graph.inputs.map(describePort), [
    'input_ids int32 [4, len]',
    'attention_mask int32 [4, len]',
  ]);
  assert.deepEqual(graph.outputs.map(describePort), ['logits float32 [batch, 2]']);
  assert.deepEqual(graph.weightFiles, ['w.bin']);
  const softmax = readOnnx(onnxModel(graphOf({ end: 'Softmax', logitsType: Type.float16 })));
  const { lastOperator, convertedFrom } = planOf(softmax, 'model.onnx', 2);
  assert.deepEqual([lastOperator, convertedFrom], ['Softmax', 'float16']);
});

test('weights that old exporters list as inputs are none', () => {
  const graph = graphOf();
  const table = { name: 'table', type: Type.float, shape: [8, 2] };
  const { inputs } = readOnnx(onnxModel({ ...graph, inputs: [...graph.inputs, table] }));
  assert.deepEqual(
    inputs.map(({ name }) => name),
    ['input_ids', 'attention_mask'],
  );
});

test('a damaged file is read or refused, at every byte', () => {
  const whole = onnxModel(graphOf({ positions: true, types: true, end: 'Softmax' }));
  let refused = 0;
  const read = (bytes: Buffer): void => {
    try {
      planOf(readOnnx(bytes), 'model.onnx', 2);
    } catch (error) {
      assert.ok(error instanceof KubesentimentError || error?.constructor === Error, String(error));
      refused++;
    }
  };
  for (let size = 0; size < whole.length; size++) read(whole.subarray(0, size));
  assert.ok(refused > whole.length / 2);
  for (let at = 0; at < whole.length; at++) {
    for (const byte of [0, 127, 128, 255]) {
      const damaged = Buffer.from(whole);
      damaged[at] = byte;
      read(damaged);
    }
  }
});
