/** The package for `require`: the same names, the same classes, and a sentence where Node cannot do it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../helpers/paths.ts';

const entries = [
  { name: 'index', source: 'src/index.ts' },
  { name: 'predict', source: 'src/predict/index.ts' },
];
const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
const canRequire = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);

function runNode(
  code: string,
  ...options: string[]
): { stdout: string; stderr: string; status: number | null } {
  return spawnSync(process.execPath, [...options, '--input-type=commonjs', '-e', code], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
  });
}

/** Names after `export { … }` and `export type { … }`, without `type`. */
function exportedNames(text: string): string[] {
  const lists = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, list = '']) =>
    list.split(','),
  );
  const declared = [...text.matchAll(/^export declare const (\w+)/gm)].map(([, name = '']) => name);
  return [...lists.map((name) => name.replace(/\btype\b/, '').trim()), ...declared]
    .filter((name) => name !== '')
    .sort();
}

for (const { name, source } of entries) {
  test(`the declarations for require have the names of ${source}`, () => {
    const declarations = readFileSync(join(root, `commonjs/${name}.d.cts`), 'utf8');
    assert.deepEqual(exportedNames(declarations), exportedNames(readFileSync(join(root, source), 'utf8')));
  });

  test(`require gives the values of ${source}`, {
    skip: canRequire ? false : 'this Node cannot',
  }, async () => {
    const compiled = `dist/${source.replace(/ts$/, 'js')}`;
    const values = Object.keys(await import(join(root, compiled)));
    const { stdout, stderr } = runNode(`
      const values = require('./commonjs/${name}.cjs');
      import('./${compiled}').then((module) => console.log(JSON.stringify({
        names: Object.keys(values),
        same: values.StreamProcessor === module.StreamProcessor,
      })));`);
    assert.deepEqual(JSON.parse(stdout || stderr), { names: values, same: true });
  });
}

test('a Node that cannot require an ES module gets a sentence', () => {
  const options = canRequire ? ['--no-experimental-require-module'] : [];
  const { stderr, status } = runNode(`require('./commonjs/predict.cjs')`, ...options);
  assert.equal(status, 1);
  assert.match(
    stderr,
    /cannot load kubesentiment\/predict with require, .* Use "await import\('.*predict'\)" instead, or Node/,
  );
  assert.match(stderr, /code: 'ERR_REQUIRE_ESM'/);
});

test('an error while it is loaded stays what it is', () => {
  const { stdout } = runNode(`
    const { load } = require('./commonjs/load.cjs');
    try { load('x', () => { throw new TypeError('something else'); }); }
    catch (error) { console.log(error.name, error.message); }`);
  assert.equal(stdout.trim(), 'TypeError something else');
});
