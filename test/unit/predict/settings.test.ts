/** What settings and files around the graph do to results, with a real model. */
import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { readConfiguredModel } from '../../../src/predict/model-parts.ts';
import { StreamProcessor } from '../../../src/predict/stream-processor.ts';
import type { Prediction } from '../../../src/types.ts';
import { type Files, filesOf, labels, temporaryFolder, writeFiles } from '../../models/directory.ts';
import { logitsOf, sigmoid, softmax } from '../../models/expected.ts';
import { graphOf } from '../../models/graphs.ts';
import { rawValues, Type } from '../../models/onnx-writer.ts';
import { tokenizerJson } from '../../models/tokenizer.ts';

function open(
  t: TestContext,
  folder: string,
  settings: Readonly<Record<string, unknown>> = {},
): StreamProcessor {
  const own = Object.entries(settings).map(([key, value]) => [`model.${key}`, value]);
  const overrides = { 'model.path': folder, 'model.max_threads': 1, ...Object.fromEntries(own) };
  const { config } = loadConfig({ overrides });
  const processor = new StreamProcessor(config, readConfiguredModel(config));
  t.after(() => processor.close());
  return processor;
}

function predict(
  t: TestContext,
  files: Files,
  settings: Readonly<Record<string, unknown>>,
  texts: readonly string[],
): Promise<Prediction[]> {
  return open(t, writeFiles(temporaryFolder(t), files), settings).predict(texts);
}

test('a text whose best score is below min_score is uncertain, and keeps its scores', async (t) => {
  const texts = ['good', 'dull', 'dull good'];
  const found = await predict(t, filesOf(), { min_score: 0.7, uncertain_label: 'UNSURE' }, texts);
  const best = texts.map((text) => Math.max(...softmax(logitsOf(text))));
  assert.deepEqual(
    best.map((score) => score >= 0.7),
    [true, false, true],
  );
  assert.deepEqual(
    found.map(({ label }) => label),
    ['POSITIVE', 'UNSURE', 'POSITIVE'],
  );
  for (const [i, { score }] of found.entries()) assert.ok(Math.abs(score - (best[i] as number)) < 1e-6);
});

test('labels of a text are those above the threshold that is set', async (t) => {
  const files = filesOf({}, { ...labels, problem_type: 'multi_label_classification' });
  const texts = ['good', 'bad', 'fine dull'];
  const found = await predict(t, files, { threshold: 0.55 }, texts);
  const expected = texts.map((text) =>
    ['NEGATIVE', 'POSITIVE'].filter((_, i) => (sigmoid(logitsOf(text))[i] as number) > 0.55),
  );
  assert.deepEqual(expected, [['POSITIVE'], ['NEGATIVE'], ['POSITIVE']]);
  assert.deepEqual(
    found.map(({ labels: above }) => above),
    expected,
  );
});

/** Four tokens of a row, two of them special: `good bad` or `dull fine` is what is left of the text. */
const LONG = 'good bad bad dull fine';
const lengthOf4 = { max_position_embeddings: 4, ...labels };
const sides: readonly [string, Files, object, string][] = [
  ['by default', {}, {}, 'good bad'],
  ['by tokenizer_config.json', { 'tokenizer_config.json': { truncation_side: 'left' } }, {}, 'dull fine'],
  [
    'by tokenizer.json',
    { 'tokenizer.json': tokenizerJson({ more: { truncation: { direction: 'Left', max_length: 9 } } }) },
    {},
    'dull fine',
  ],
  ['by the setting', {}, { truncate_side: 'left' }, 'dull fine'],
  [
    'by the setting, against the file',
    { 'tokenizer_config.json': { truncation_side: 'left' } },
    { truncate_side: 'right' },
    'good bad',
  ],
];
for (const [name, files, settings, kept] of sides) {
  test(`a long text is cut on the side that is said ${name}`, async (t) => {
    const [found] = await predict(t, filesOf({}, lengthOf4, files), { ...settings }, [LONG]);
    const [negative, positive] = softmax(logitsOf(kept));
    assert.equal(found?.truncated, true);
    assert.ok(Math.abs((found?.scores?.['NEGATIVE'] as number) - (negative as number)) < 1e-6, kept);
    assert.ok(Math.abs((found?.scores?.['POSITIVE'] as number) - (positive as number)) < 1e-6, kept);
  });
}

test('a long text is read in windows: the mean of their logits, weighted by words', async (t) => {
  const settings = { long_text: 'windows', window_overlap: 1 };
  const texts = [LONG, 'good bad', 'good bad bad'];
  const [apart] = await predict(t, filesOf({}, lengthOf4), { ...settings, window_overlap: 0 }, [
    'good good bad',
  ]);
  const found = await predict(t, filesOf({}, lengthOf4), settings, texts);
  const mean = (...windows: [words: string, weight: number][]) => {
    const total = windows.reduce((sum, [, weight]) => sum + weight, 0);
    return [0, 1].map((i) =>
      windows.reduce((sum, [words, weight]) => sum + ((logitsOf(words)[i] as number) * weight) / total, 0),
    );
  };
  const expected = [
    mean(['good bad', 2], ['bad bad', 2], ['bad dull', 2], ['dull fine', 2]),
    logitsOf('good bad'),
    mean(['good bad', 2], ['bad bad', 2]),
    mean(['good good', 2], ['bad', 1]),
  ];
  assert.deepEqual(
    found.map(({ windows, truncated }) => [windows, truncated]),
    [
      [4, false],
      [undefined, false],
      [2, false],
    ],
  );
  for (const [i, { scores }] of [...found, apart as Prediction].entries()) {
    const [negative, positive] = softmax(expected[i] as number[]);
    assert.ok(Math.abs((scores?.['NEGATIVE'] as number) - (negative as number)) < 1e-6, texts[i]);
    assert.ok(Math.abs((scores?.['POSITIVE'] as number) - (positive as number)) < 1e-6, texts[i]);
  }
});

test('beyond 32 windows a text is cut, on the side that is said', async (t) => {
  const settings = { long_text: 'windows', window_overlap: 0 };
  const [goods, bads] = ['good good '.repeat(32), 'bad bad '.repeat(32)];
  const texts = [`${goods}${bads}`, goods];
  for (const [side, kept] of [
    ['right', 'good good'],
    ['left', 'bad bad'],
  ] as const) {
    const found = await predict(t, filesOf({}, lengthOf4), { ...settings, truncate_side: side }, texts);
    assert.deepEqual(
      found.map(({ windows, truncated }) => [windows, truncated]),
      [
        [32, true],
        [32, false],
      ],
    );
    const [, positive] = softmax(logitsOf(kept));
    assert.ok(Math.abs((found[0]?.scores?.['POSITIVE'] as number) - (positive as number)) < 1e-6, side);
  }
});

test('windows without room for anything new are refused, with what there is room for', async (t) => {
  const settings = { long_text: 'windows', window_overlap: 2 };
  await assert.rejects(async () => predict(t, filesOf({}, lengthOf4), settings, [LONG]), {
    code: 'KS_CONFIG_INVALID',
    message: /window_overlap \(2\) must be less than the 2 tokens .*: 4 less 2 special ones\./,
    remedy: /window_overlap/,
  });
});

test('weights beside the graph are found, through the links of the Hugging Face cache and of a volume', async (t) => {
  const folder = temporaryFolder(t);
  const [positive] = softmax(logitsOf('good')).slice(1);
  for (const logitsType of [Type.float, Type.bfloat16]) {
    const options = { weightsFile: 'model.onnx_data', logitsType };
    const table = graphOf(options).initializers[0];
    assert.ok(table?.file !== undefined);
    const files = filesOf(options, labels, { 'model.onnx_data': rawValues(table) });
    const cache = join(
      folder,
      `models--a--${logitsType}`,
      'snapshots/0123456789abcdef0123456789abcdef01234567',
    );
    mkdirSync(cache, { recursive: true });
    writeFiles(join(cache, '../../blobs'), files);
    const volume = writeFiles(join(folder, `volume-${logitsType}`), {});
    writeFiles(join(volume, '..2026'), files);
    symlinkSync('..2026', join(volume, '..data'));
    for (const name of Object.keys(files)) {
      symlinkSync(`../../blobs/${name}`, join(cache, name));
      symlinkSync(`..data/${name}`, join(volume, name));
    }
    for (const directory of [cache, volume]) {
      const [found] = await open(t, directory).predict(['good']);
      const difference = Math.abs((found?.score as number) - (positive as number));
      assert.ok(difference < (logitsType === Type.float ? 1e-6 : 1e-2), directory);
    }
  }
});

test('a processor that is closed twice, or by two at once, is closed once', async (t) => {
  const processor = open(t, writeFiles(temporaryFolder(t), filesOf()));
  assert.equal((await processor.predict(['good'])).length, 1);
  await Promise.all([processor.close(), processor.close()]);
  await processor.close();
});
