/** The families of models on the Hugging Face hub: each directory loads, with the ids of Python's `tokenizers`. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { readConfiguredModel } from '../../../src/predict/model-parts.ts';
import { StreamProcessor } from '../../../src/predict/stream-processor.ts';
import { temporaryFolder, writeFiles } from '../../models/directory.ts';
import { softmax } from '../../models/expected.ts';
import { families, familyTexts } from '../../models/families.ts';

for (const { name, files, ids, logits, notes } of families) {
  test(`${name}: loads, has the ids of Hugging Face, and the scores that follow from them`, async (t) => {
    const folder = writeFiles(temporaryFolder(t), files);
    const { config } = loadConfig({ overrides: { 'model.path': folder, 'model.max_threads': 1 } });
    const processor = new StreamProcessor(config, readConfiguredModel(config));
    t.after(() => processor.close());
    const { traits } = await processor.start();
    const found = [...processor.model.notes, ...(traits?.notes ?? [])];
    assert.equal(found.length, notes.length, found.join('\n'));
    for (const [index, note] of notes.entries()) assert.match(found[index] as string, note);
    assert.deepEqual(processor.tokenize(familyTexts), ids);
    const predictions = await processor.predict(familyTexts);
    for (const [index, text] of familyTexts.entries()) {
      const [negative = 0] = softmax(logits(ids[index] as readonly number[]));
      const score = predictions[index]?.scores?.['NEGATIVE'] as number;
      assert.ok(Math.abs(score - negative) <= 1e-6, `${JSON.stringify(text)}: ${score}, not ${negative}`);
    }
  });
}
