import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readModel } from '../../../src/infer/model.ts';

const config = { id2label: { '1': 'good', '0': 'bad' }, max_position_embeddings: 64, pad_token_id: 3 };
const whole = {
  'config.json': config,
  'tokenizer.json': {},
  'tokenizer_config.json': { model_max_length: 48 },
  'model.onnx': 'graph',
};

/** A model directory with these files, removed after the test. */
function directoryWith(t: TestContext, files: Readonly<Record<string, unknown>>): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-model-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), typeof content === 'string' ? content : JSON.stringify(content));
  }
  return folder;
}

function without(name: keyof typeof whole): Record<string, unknown> {
  return Object.fromEntries(Object.entries(whole).filter(([key]) => key !== name));
}

test('everything that a model directory says', (t) => {
  const folder = directoryWith(t, whole);
  const { version, ...model } = readModel(folder, 128);
  assert.deepEqual(model, {
    name: basename(folder),
    directory: folder,
    onnxPath: join(folder, 'model.onnx'),
    tokenizerPath: join(folder, 'tokenizer.json'),
    labels: ['bad', 'good'],
    maxLength: 48,
    padId: 3,
  });
  assert.equal(version, 'eef93e1d1448'); // printf graph | sha256sum
});

test('the smallest limit of the length wins', (t) => {
  assert.equal(readModel(directoryWith(t, whole), 16).maxLength, 16);
  assert.equal(readModel(directoryWith(t, without('tokenizer_config.json')), 128).maxLength, 64);
  const roberta = {
    ...whole,
    'config.json': { ...config, model_type: 'roberta', max_position_embeddings: 34 },
  };
  assert.equal(readModel(directoryWith(t, roberta), 128).maxLength, 32);
  const huge = { ...whole, 'tokenizer_config.json': { model_max_length: 1e30 } };
  assert.equal(readModel(directoryWith(t, huge), 128).maxLength, 64);
});

test('the ONNX file is found where exporters put it', (t) => {
  const folder = directoryWith(t, { ...without('model.onnx'), 'onnx/model_quantized.onnx': 'graph' });
  assert.equal(readModel(folder, 128).onnxPath, join(folder, 'onnx/model_quantized.onnx'));
});

test('another graph is another version', (t) => {
  const versions = ['graph', 'other'].map(
    (graph) => readModel(directoryWith(t, { ...whole, 'model.onnx': graph }), 128).version,
  );
  assert.notEqual(versions[0], versions[1]);
});

test('what is missing or wrong is named, with what to do', (t) => {
  assert.throws(() => readModel(join(directoryWith(t, {}), 'none'), 128), {
    code: 'KS_MODEL_NOT_FOUND',
    message: /none" does not exist/,
  });
  const cases: [Record<string, unknown>, RegExp][] = [
    [without('config.json'), /has no config\.json/],
    [without('tokenizer.json'), /has no tokenizer\.json/],
    [without('model.onnx'), /has none of model\.onnx/],
    [{ ...whole, 'config.json': '{' }, /has a config\.json that is not JSON/],
    [{ ...whole, 'config.json': {} }, /has no id2label/],
    [{ ...whole, 'config.json': { id2label: { '0': 'only one' } } }, /has no id2label/],
    [{ ...whole, 'config.json': { id2label: { '1': 'a', '2': 'b' } } }, /has no id2label/],
    [{ ...whole, 'config.json': { id2label: { '0': 'a', '1': 7 } } }, /has no id2label/],
  ];
  for (const [files, message] of cases) {
    const folder = directoryWith(t, files);
    assert.throws(() => readModel(folder, 128), {
      code: 'KS_MODEL_INVALID',
      message,
      remedy: /Hugging Face/,
    });
  }
  const file = join(directoryWith(t, whole), 'model.onnx');
  assert.throws(() => readModel(file, 128), { code: 'KS_MODEL_NOT_FOUND' });
});
