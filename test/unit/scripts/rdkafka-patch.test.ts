/** The program that changes node-rdkafka's source: only the one it knows, and each change once. */
import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../helpers/paths.ts';

const program = pathToFileURL(join(root, 'scripts/rdkafka-patch.mjs')).href;
const { patchSource } = (await import(program)) as { patchSource: (folder: string) => boolean };

/** The files that are changed, as they are in node_modules, in a folder of their own. */
function copyOfSource(t: TestContext): { folder: string; files: readonly string[] } {
  const patches = join(root, 'scripts/rdkafka-patch');
  const named = readdirSync(patches).flatMap((name) =>
    [...readFileSync(join(patches, name), 'utf8').matchAll(/^\+\+\+ b\/(.*)$/gm)].map((match) =>
      String(match[1]),
    ),
  );
  const folder = mkdtempSync(join(tmpdir(), 'rdkafka-patch-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const files = [...new Set(named)];
  for (const path of files) cpSync(join(root, 'node_modules/node-rdkafka', path), join(folder, path));
  return { folder, files };
}

test('a source that has the changes stays as it is', (t) => {
  const { folder, files } = copyOfSource(t);
  assert.ok(files.length > 5, files.join());
  assert.equal(patchSource(folder), true);
  for (const path of files) {
    const before = readFileSync(join(root, 'node_modules/node-rdkafka', path), 'utf8');
    assert.equal(readFileSync(join(folder, path), 'utf8'), before, path);
  }
});

test('a source that is not known is left alone, also where it is known', (t) => {
  const { folder, files } = copyOfSource(t);
  const path = join(folder, 'deps/librdkafka/src/rdkafka_txnmgr.c');
  const changed = readFileSync(path, 'utf8').replace(
    'static void rd_kafka_txn_renew_epoch',
    'static int renew',
  );
  writeFileSync(path, changed);
  const before = files.map((file) => readFileSync(join(folder, file), 'utf8'));
  assert.equal(patchSource(folder), false);
  assert.deepEqual(
    files.map((file) => readFileSync(join(folder, file), 'utf8')),
    before,
  );
});
