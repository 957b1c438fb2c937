/** The pipeline tests are tests only if they notice a broken rule: each mutant must make one of them fail. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyProduct, mutants } from '../chaos/mutants.ts';

const files = ['exactly-once.test.js', 'rebalance.test.js'];

function runTests(folder: string): { status: number | null; output: string } {
  const tests = files.map((file) => join(folder, 'dist/test/pipeline', file));
  // Told that it is inside a test run, node would report to this one and always end with 0.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(process.execPath, ['--test', '--test-timeout=60000', ...tests], {
    encoding: 'utf8',
    cwd: folder,
    env: { ...env, UV_THREADPOOL_SIZE: '16' },
  });
  return { status, output: stdout };
}

test('the pipeline tests pass on an unchanged copy', () => {
  const { folder, remove } = copyProduct();
  const { status, output } = runTests(folder);
  remove();
  assert.equal(status, 0, output);
});

for (const { name, patches } of mutants) {
  test(`caught: a product that ${name}`, () => {
    const { folder, remove } = copyProduct(patches);
    const { status, output } = runTests(folder);
    remove();
    assert.notEqual(status, 0, 'No pipeline test noticed.');
    // A mutant that does not even load proves nothing.
    assert.match(output, /is lost|came out \d times|is committed and has no outcome|went back|not committed/, output);
  });
}
