/** Texts of the package link to the repository what the package does not have. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../helpers/paths.ts';

interface Links {
  readonly linkToRepository: (folder: string) => void;
  readonly deadLinks: (folder: string) => string[];
}

const { linkToRepository, deadLinks } = (await import(join(root, 'scripts/lib/package-links.mjs'))) as Links;

test('a link leads to a file of the package, or to the repository in its version', (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-links-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  const files = {
    'package.json': '{ "version": "1.2.3", "repository": { "url": "git+https://example.org/a/b.git" } }',
    'README.md':
      '[a](examples/README.md) [b](docs/x.md#part) [c](https://example.org) [d](#part) [e](docs/adr/)',
    'examples/README.md': '[f](../README.md#part) [g](../docs/y.md)',
    'vendor/x/README.md': '[h](nowhere.md)',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  assert.deepEqual(deadLinks(folder), [
    'README.md: docs/x.md',
    'README.md: docs/adr/',
    'examples/README.md: ../docs/y.md',
  ]);
  linkToRepository(folder);
  const base = 'https://example.org/a/b/blob/v1.2.3/docs';
  assert.equal(
    readFileSync(join(folder, 'README.md'), 'utf8'),
    `[a](examples/README.md) [b](${base}/x.md#part) [c](https://example.org) [d](#part) [e](${base}/adr/)`,
  );
  assert.equal(
    readFileSync(join(folder, 'examples/README.md'), 'utf8'),
    `[f](../README.md#part) [g](${base}/y.md)`,
  );
  assert.deepEqual(deadLinks(folder), []);
});
