/** What `npm run verify:model` compares: the figures of a card, and how they are computed again. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { macroF1, readGoEmotions } from '../../../benchmarking/lib/goemotions.ts';
import { readCard } from '../../../benchmarking/lib/model-card.ts';
import { root } from '../../helpers/paths.ts';
import { temporaryFolder } from '../../models/directory.ts';

test('the cards of our models have the figures that can be checked', () => {
  for (const [name, least] of Object.entries({ default: 89, accurate: 90, general: 80, tiny: 89 })) {
    const { accuracy, goEmotions } = readCard(join(root, 'models', name));
    assert.ok(accuracy > least && accuracy < 100, name);
    assert.equal(goEmotions === undefined, name !== 'general');
  }
});

test('texts of GoEmotions have the label of their group; ambiguous and contradictory ones are left out', (t) => {
  const folder = temporaryFolder(t);
  writeFileSync(join(folder, 'labels.txt'), 'anger\njoy\nneutral\nsurprise\n');
  const lines = ['a\t0\tx', 'b\t1,2\tx', 'c\t2\tx', 'd\t3\tx', 'e\t0,1\tx', 'f\t1,3\tx', 'g\t0,2\tx'];
  writeFileSync(join(folder, 'dev.tsv'), `${lines.join('\n')}\n`);
  assert.deepEqual(
    readGoEmotions(folder).map(({ text, label }) => `${text} ${label}`),
    ['a NEGATIVE', 'b POSITIVE', 'c NEUTRAL', 'g NEGATIVE'],
  );
});

test('macro-F1 counts each label alike', () => {
  const pairs = [
    ...Array.from({ length: 8 }, () => ({ label: 'A', said: 'A' })),
    { label: 'B', said: 'A' },
    { label: 'B', said: 'B' },
  ];
  // A: precision 8/9, recall 1; B: precision 1, recall 1/2.
  assert.equal(macroF1(pairs).toFixed(4), ((100 * (16 / 17 + 2 / 3)) / 2).toFixed(4));
});
