/** `model import` with Python: directories of all kinds, and those that it refuses. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { importPython, noImportPython as skip } from '../../helpers/import-python.ts';
import { filesOf, labels } from '../../models/directory.ts';
import { kinds, refusedImports, rewritten } from '../../models/imported.ts';
import { assertImported, importModel, place, program } from './import-rig.ts';

for (const each of kinds) test(`${each.name}: imported`, { skip }, (t) => void assertImported(t, each));

for (const { name, files, args = [], message } of refusedImports) {
  test(`${name}: refused, and nothing is written`, { skip }, (t) => {
    const { here, from, out, texts } = place(t, files);
    const { status, stderr } = importModel(from, out, ...args, '--texts', texts, '--python', importPython);
    assert.equal(status, 2, stderr);
    assert.match(stderr, message);
    assert.deepEqual(readdirSync(here).sort(), ['from', 'texts.txt']);
  });
}

test('a quantized model is not quantized again', { skip }, (t) => {
  const each = rewritten.find(({ name }) => name === 'the same, quantized');
  const { here, from, out, texts } = place(t, each?.files ?? {});
  const common = ['--texts', texts, '--python', importPython, '--quantize'];
  assert.equal(importModel(from, out, ...common).status, 0);
  const again = importModel(out, join(here, 'again'), ...common);
  assert.equal(again.status, 2, again.stderr);
  assert.match(
    again.stderr,
    /model\.onnx is quantized with constant scales already\. Import it without --quantize/,
  );
});

test('a Python without the packages says which', { skip }, (t) => {
  const { here, from, out, texts } = place(t, filesOf({}, labels));
  const bare = program(here, `exec '${importPython}' -I -S "$@"`);
  const { status, stderr } = importModel(from, out, '--texts', texts, '--python', bare);
  assert.deepEqual([status, existsSync(out)], [1, false], stderr);
  assert.match(stderr, /has no package numpy, onnx, onnxruntime, sympy\./);
});
