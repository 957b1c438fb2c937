/** The pipeline tests are tests only if they notice a broken rule: each mutant must make one of them fail. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyProduct, mutants } from '../chaos/mutants.ts';

const files = ['exactly-once.test.js', 'rebalance.test.js'];
const TIMEOUT_MS = 120_000;
/** A broken product may spin for ever on a newer Node; being caught once is enough. */
const skip = process.versions.node.startsWith('20.') ? false : 'the mutants run on Node 20 only';

/** Runs one pipeline test of the copy in `folder`. */
function runTest(folder: string, name: string): { status: number | null; output: string } {
  // Told that it is inside a test run, node would report to this one and always end with 0.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      '--test',
      '--test-reporter=tap',
      '--test-force-exit', // a broken product may leave something running
      `--test-name-pattern=${name}`,
      ...files.map((file) => join(folder, 'dist/test/pipeline', file)),
    ],
    {
      encoding: 'utf8',
      cwd: folder,
      env: { ...env, UV_THREADPOOL_SIZE: '16', KUBESENTIMENT_MUTANT: '1' },
      timeout: TIMEOUT_MS,
    },
  );
  return { status, output: stdout };
}

for (const name of new Set(mutants.map(({ caughtBy }) => caughtBy))) {
  test(`passed by an unchanged copy: ${name}`, { skip }, () => {
    const { folder, remove } = copyProduct();
    const { status, output } = runTest(folder, name);
    remove();
    assert.equal(status, 0, output);
    assert.match(output, /^# pass [1-9]/m, output);
  });
}

for (const { name, caughtBy, patches } of mutants) {
  test(`caught: a product that ${name}`, { skip }, () => {
    const { folder, remove } = copyProduct(patches);
    const { status, output } = runTest(folder, caughtBy);
    remove();
    assert.notEqual(status, 0, 'No pipeline test noticed.');
    // A mutant that does not even start proves nothing.
    assert.match(
      output,
      /came out \d times|is committed and has no outcome|visible and not committed/,
      output,
    );
  });
}
