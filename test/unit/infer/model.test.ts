import assert from 'node:assert/strict';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readModel } from '../../../src/infer/model.ts';
import type { ModelSettings } from '../../../src/infer/model-settings.ts';
import { type Files, filesOf, labels, temporaryFolder, writeFiles } from '../../models/directory.ts';
import { type GraphOptions, graphOf } from '../../models/graphs.ts';
import { onnxModel, rawValues } from '../../models/onnx-writer.ts';
import { tokenizerJson } from '../../models/tokenizer.ts';

const whole = filesOf(
  {},
  { id2label: { '1': 'good', '0': 'bad' }, pad_token_id: 3 },
  { 'tokenizer_config.json': { model_max_length: 48 } },
);
const graph = (options: GraphOptions = {}): Buffer => onnxModel(graphOf(options));

function directoryWith(t: TestContext, files: Files): string {
  return writeFiles(temporaryFolder(t), files);
}

test('everything that a model directory says', (t) => {
  const folder = directoryWith(t, whole);
  const { version, graph: plan, head, ...model } = readModel(folder);
  assert.deepEqual(model, {
    name: basename(folder),
    directory: folder,
    onnxPath: join(folder, 'model.onnx'),
    tokenizerPath: join(folder, 'tokenizer.json'),
    tokenizerFiles: ['tokenizer.json', 'tokenizer_config.json'].map((name) => join(folder, name)),
    labels: ['bad', 'good'],
    maxLength: 48,
    lengthLimit: 48,
    padId: 3,
    padSide: undefined,
    truncationSide: undefined,
    windowOverlap: undefined,
    notes: [],
  });
  assert.match(version, /^[0-9a-f]{12}$/);
  assert.deepEqual([plan.output, plan.columns, head.activation], ['logits', 2, 'softmax']);
});

test('the length follows the model, up to 512 tokens; a setting can only lower what the model can', (t) => {
  const lengthOf = (config: object, tokenizer: object = {}, settings: ModelSettings = {}) => {
    const files = filesOf({}, { ...labels, ...config }, { 'tokenizer_config.json': tokenizer });
    const { maxLength, lengthLimit } = readModel(directoryWith(t, files), settings);
    return [maxLength, lengthLimit];
  };
  assert.deepEqual(lengthOf({}), [64, 64]);
  assert.deepEqual(lengthOf({}, {}, { maxLength: 16 }), [16, 64]);
  assert.deepEqual(lengthOf({}, {}, { maxLength: 128 }), [64, 64]);
  assert.deepEqual(lengthOf({}, { model_max_length: 48 }), [48, 48]);
  assert.deepEqual(lengthOf({}, { model_max_length: 1e30 }), [64, 64]);
  const long = { max_position_embeddings: 8192 };
  assert.deepEqual(lengthOf(long), [512, 8192]);
  assert.deepEqual(lengthOf(long, {}, { maxLength: 4096 }), [4096, 8192]);
  assert.deepEqual(lengthOf(long, {}, { lengthDefaultMax: 256 }), [256, 8192]);
  assert.deepEqual(lengthOf({ max_position_embeddings: null }), [512, undefined]);
  const roberta = { model_type: 'roberta', max_position_embeddings: 34 };
  assert.deepEqual(lengthOf(roberta), [32, 32]);
});

test('the ONNX file: the usual ones first, else the only one, else the one that is set; the others are named', (t) => {
  const fileOf = (files: Files, settings: ModelSettings = {}) => {
    const folder = directoryWith(t, { ...whole, 'model.onnx': undefined, ...files });
    const { onnxPath, notes } = readModel(folder, settings);
    return [onnxPath.slice(folder.length + 1), ...notes];
  };
  const usual = { 'onnx/model.onnx': graph(), 'onnx/model_fp16.onnx': graph() };
  assert.deepEqual(fileOf({ 'onnx/model_quantized.onnx': graph() }), ['onnx/model_quantized.onnx']);
  assert.deepEqual(fileOf({ 'export/sentiment-v2.onnx': graph() }), ['export/sentiment-v2.onnx']);
  assert.deepEqual(fileOf(usual), [
    'onnx/model.onnx',
    'It runs onnx/model.onnx; model.file can choose onnx/model_fp16.onnx.',
  ]);
  assert.deepEqual(fileOf(usual, { file: 'onnx/model_fp16.onnx' }), ['onnx/model_fp16.onnx']);
});

test('whatever changes results changes the version, and nothing else does', (t) => {
  const versionOf = (files: Files, settings: ModelSettings = {}) =>
    readModel(directoryWith(t, { ...whole, ...files }), settings).version;
  const weights = (negative: number) => {
    const table = graphOf({ weightsFile: 'weights.bin' }).initializers.find(({ name }) => name === 'table');
    assert.ok(table !== undefined);
    const values = table.values.map((value, i) => (i === 8 ? negative : value));
    return {
      'model.onnx': graph({ weightsFile: 'weights.bin' }),
      'weights.bin': rawValues({ ...table, values }),
    };
  };
  const tokenizer = tokenizerJson({ special: false });
  const versions = [
    versionOf({}),
    versionOf({ 'model.onnx': graph({ types: true }) }),
    versionOf(weights(1)),
    versionOf(weights(2)),
    versionOf({ 'tokenizer.json': tokenizer }),
    versionOf({ 'tokenizer_config.json': { model_max_length: 48, padding_side: 'left' } }),
    versionOf({}, { labels: ['good', 'bad'] }),
    versionOf({}, { activation: 'sigmoid' }),
    versionOf({}, { minScore: 0.6 }),
    versionOf({}, { maxLength: 16 }),
    versionOf({}, { truncationSide: 'left' }),
    versionOf({}, { windowOverlap: 32 }),
    versionOf({}, { windowOverlap: 16 }),
  ];
  assert.equal(new Set(versions).size, versions.length, versions.join(', '));
  assert.equal(versionOf({}), versions[0]);
  assert.equal(versionOf({ 'README.md': 'more' }, { maxLength: 48 }), versions[0]);
});

test('a snapshot of the Hugging Face cache is named after its repository, a volume after its folder', (t) => {
  const folder = temporaryFolder(t);
  const cache = join(folder, 'models--someone--sentiment/snapshots/0123456789abcdef0123456789abcdef01234567');
  const blobs = join(folder, 'models--someone--sentiment/blobs');
  mkdirSync(cache, { recursive: true });
  writeFiles(blobs, whole);
  for (const name of Object.keys(whole)) symlinkSync(`../../blobs/${name}`, join(cache, name));
  assert.equal(readModel(cache).name, 'someone/sentiment');

  const volume = join(folder, 'reviews');
  writeFiles(join(volume, '..2026_11_29'), whole);
  symlinkSync('..2026_11_29', join(volume, '..data'));
  for (const name of Object.keys(whole)) symlinkSync(`..data/${name}`, join(volume, name));
  assert.equal(readModel(volume).name, 'reviews');
  assert.equal(readModel(join(volume, '..data')).name, 'reviews');
});

test('what is missing or wrong is named, with what to do', (t) => {
  assert.throws(() => readModel(join(temporaryFolder(t), 'none')), {
    code: 'KS_MODEL_NOT_FOUND',
    message: /none" does not exist/,
  });
  const cases: [Files, RegExp][] = [
    [{ 'config.json': undefined }, /has no config\.json/],
    [{ 'tokenizer.json': undefined }, /has no tokenizer\.json/],
    [{ 'model.onnx': undefined }, /has no ONNX file/],
    [{ 'config.json': '{' }, /has a config\.json that is not JSON/],
    [{ 'config.json': '[]' }, /has a config\.json that is no JSON object/],
  ];
  for (const [files, message] of cases) {
    const folder = directoryWith(t, { ...whole, ...files });
    assert.throws(() => readModel(folder), { code: 'KS_MODEL_INVALID', message, remedy: /./ });
  }
  const folder = directoryWith(t, whole);
  assert.throws(() => readModel(join(folder, 'model.onnx')), { code: 'KS_MODEL_NOT_FOUND' });
  rmSync(join(folder, 'model.onnx'));
  symlinkSync('gone', join(folder, 'model.onnx'));
  assert.throws(() => readModel(folder), {
    code: 'KS_MODEL_INVALID',
    message: /model\.onnx that is a link to gone/,
  });
  writeFileSync(join(folder, 'gone'), graph());
  assert.ok(readModel(folder).onnxPath);
});
