/** docs/api.md: the page that says what the package exports. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../helpers/paths.ts';

const page = readFileSync(join(root, 'docs/api.md'), 'utf8');

test('docs/api.md is up to date (npm run docs)', async () => {
  const { apiPage } = await import(join(root, 'scripts/lib/api-page.mjs'));
  assert.equal(page, apiPage());
});

test('every name that the package exports is in it, and says what it is for', () => {
  for (const source of ['src/index.ts', 'src/predict/index.ts']) {
    const text = readFileSync(join(root, source), 'utf8');
    const names = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)]
      .flatMap(([, list = '']) => list.split(','))
      .map((name) => name.replace(/\btype\b/, '').trim())
      .filter((name) => name !== '');
    assert.ok(names.length > 5);
    for (const name of names) assert.match(page, new RegExp(`^### ${name}$`, 'm'), `${source}: ${name}`);
  }
  const entries = page.split(/^### /m).slice(1);
  for (const entry of entries.filter((text) => /^(class|function) /m.test(text)))
    assert.match(entry, /^\w+\n\nFrom .*\.\n\n(?!```)/, entry.slice(0, 200));
});

test('what a class extends or emits is shown with it', () => {
  const entry = page.split('### HighThroughputKafkaConsumerOptions')[1]?.split('\n### ')[0] ?? '';
  assert.match(entry, /readonly settings\?:/);
  assert.match(
    page.split('### HighThroughputKafkaConsumer\n')[1]?.split('\n### ')[0] ?? '',
    /interface Events/,
  );
});
