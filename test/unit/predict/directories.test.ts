/** Model directories as people have them: each is served with the right scores, or refused with the right sentence. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { readConfiguredModel } from '../../../src/predict/model-parts.ts';
import { StreamProcessor } from '../../../src/predict/stream-processor.ts';
import { root } from '../../helpers/paths.ts';
import { type Files, temporaryFolder, writeFiles } from '../../models/directory.ts';
import { logitsOf, softmax, texts } from '../../models/expected.ts';
import { refusedMisleading, servedMisleading } from '../../models/misleading.ts';
import { refused } from '../../models/refused.ts';
import { type ServedCase, served } from '../../models/served.ts';
import { refusedTokenizers, servedTokenizers } from '../../models/tokenizer-cases.ts';

type Settings = Readonly<Record<string, unknown>>;

function open(t: TestContext, files: Files, settings: Settings = {}, at = ''): StreamProcessor {
  const folder = join(writeFiles(temporaryFolder(t), files), at);
  const own = Object.entries(settings).map(([key, value]) => [`model.${key}`, value]);
  const overrides = { 'model.path': folder, 'model.max_threads': 1, ...Object.fromEntries(own) };
  const { config } = loadConfig({ overrides });
  const processor = new StreamProcessor(config, readConfiguredModel(config));
  t.after(() => processor.close());
  return processor;
}

function assertNotes(found: readonly string[], expected: readonly RegExp[]): void {
  assert.equal(found.length, expected.length, found.join('\n'));
  for (const note of expected)
    assert.ok(
      found.some((each) => note.test(each)),
      `${note} in ${found.join('\n')}`,
    );
}

async function checkServed(t: TestContext, row: ServedCase): Promise<void> {
  const { labels = ['NEGATIVE', 'POSITIVE'], logits = logitsOf, scoring = softmax } = row;
  const { tolerance = 1e-6, notes = [] } = row;
  const processor = open(t, row.files, row.settings);
  const { traits } = await processor.start();
  assertNotes([...processor.model.notes, ...(traits?.notes ?? [])], notes);
  const found = await processor.predict(texts);
  for (const [index, text] of texts.entries()) {
    const prediction = found[index];
    const scores = scoring(logits(text));
    const best = scores.indexOf(Math.max(...scores));
    assert.deepEqual(Object.keys(prediction?.scores ?? {}), labels, text);
    for (const [i, label] of labels.entries()) {
      const difference = Math.abs((prediction?.scores?.[label] as number) - (scores[i] as number));
      assert.ok(
        difference <= tolerance,
        `${text}: ${label} ${prediction?.scores?.[label]}, not ${scores[i]}`,
      );
    }
    assert.equal(prediction?.label, labels[best], text);
    assert.ok(Math.abs((prediction?.score as number) - (scores[best] as number)) <= tolerance, text);
    const above = row.several === true ? labels.filter((_, i) => (scores[i] as number) > 0.5) : undefined;
    assert.deepEqual(prediction?.labels, above, text);
  }
}

for (const row of [...served, ...servedTokenizers, ...servedMisleading])
  test(`served: ${row.name}`, (t) => checkServed(t, row));

for (const row of [...refused, ...refusedTokenizers, ...refusedMisleading]) {
  const { name, files, settings, at, code = 'KS_MODEL_INVALID', message, remedy = /./ } = row;
  test(`refused: ${name}`, async (t) => {
    await assert.rejects(async () => open(t, files, settings, at).start(), { code, message, remedy });
  });
}

for (const name of ['default', 'accurate']) {
  test(`models/${name}: batches of mixed lengths, and nothing to say`, async (t) => {
    const { config } = loadConfig({
      overrides: { 'model.path': join(root, 'models', name), 'model.max_threads': 1 },
    });
    const processor = new StreamProcessor(config, readConfiguredModel(config));
    t.after(() => processor.close());
    const { traits } = await processor.start();
    assert.deepEqual(traits, { activation: 'softmax', equalLengths: false, notes: [] });
    assert.deepEqual(processor.model.notes, []);
  });
}
