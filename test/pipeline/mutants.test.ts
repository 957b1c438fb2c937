/**
 * The pipeline tests are only worth something if they notice a broken rule: each mutant must make one of them fail.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { copyProduct, mutants, type PipelineTest } from '../chaos/mutants.ts';

const TIMEOUT_MS = 120_000;
const RUNS_MAX = 6;
/** A mutant that does not even start fails too, and proves nothing. */
const BROKEN = /came out \d times|is committed and has no outcome|visible and not committed|\d: answered by /;

/**
 * Runs one pipeline test of the copy in `folder`. It does not use node's test runner, which would start another
 * process: a broken product may run forever, and killing the runner would leave that process behind.
 */
function runTest(folder: string, { file, name }: PipelineTest): { status: number | null; output: string } {
  // If node knew that it is inside a test run, it would report to this one and always exit with 0.
  const { NODE_TEST_CONTEXT: _, ...env } = process.env;
  const { status, stdout } = spawnSync(
    process.execPath,
    [
      '--test-reporter=tap',
      '--test-force-exit', // a broken product may leave something running
      `--test-name-pattern=${name}`,
      join(folder, 'dist/test/pipeline', file),
    ],
    {
      encoding: 'utf8',
      cwd: folder,
      env: { ...env, UV_THREADPOOL_SIZE: '16', KUBESENTIMENT_MUTANT: '1' },
      timeout: TIMEOUT_MS,
      killSignal: 'SIGKILL',
    },
  );
  return { status, output: stdout };
}

for (const caughtBy of new Set(mutants.map((mutant) => mutant.caughtBy))) {
  test(`passed by an unchanged copy: ${caughtBy.name}`, () => {
    const { folder, remove } = copyProduct();
    const { status, output } = runTest(folder, caughtBy);
    remove();
    assert.equal(status, 0, output);
    assert.match(output, /^# pass [1-9]/m, output);
  });
}

for (const { name, caughtBy, patches } of mutants) {
  test(`caught: a product that ${name}`, () => {
    const { folder, remove } = copyProduct(patches);
    let output = '';
    // Whether a broken rule does harm depends on timing.
    for (let run = 0; run < RUNS_MAX && !BROKEN.test(output); run++) ({ output } = runTest(folder, caughtBy));
    remove();
    assert.match(output, BROKEN);
  });
}
