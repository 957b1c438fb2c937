import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { runNode, temporaryProject } from './support.ts';

/** Runs a tier of a project that consists of these compiled test files; the last lines are the report. */
async function runTier(t: TestContext, tests: Readonly<Record<string, string>>, run: string) {
  const folder = temporaryProject(t, 'scripts');
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  for (const [name, text] of Object.entries(tests)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), `import { describe, test } from 'node:test';\n${text}`);
  }
  const program = `
    import { report, runNativeTier, runNodeTier } from './lib/tiers.mjs';
    process.exitCode = report([{ tier: 'unit', ...(await ${run}) }]);`;
  writeFileSync(join(folder, 'scripts/run-tier.mjs'), program);
  const { code, output } = await runNode([join(folder, 'scripts/run-tier.mjs')]);
  const lines = output.trimEnd().split('\n');
  return { code, last: lines.at(-1), failed: lines.filter((line) => line.startsWith('FAILED')), output };
}

const unitTier = `runNodeTier({ name: 'unit', concurrency: 2, timeoutMs: 60_000 })`;

test('passed, failed and skipped tests are counted, and the reason of a skip is shown', async (t) => {
  const { code, last, failed, output } = await runTier(
    t,
    {
      'dist/test/unit/a.test.js': `
        test('one', () => {});
        test('two', { skip: 'no such machine' }, () => {});
        describe('suite', () => { test('three', () => {}); test('four', () => { throw new Error('no'); }); });`,
      'dist/test/unit/deep/b.test.js': `test('five', async (t) => { await t.test('six', () => {}); });`,
    },
    unitTier,
  );
  assert.equal(code, 1);
  assert.deepEqual(failed, ['FAILED   unit: four']);
  assert.match(output, /^skipped {2}unit: two \(no such machine\)$/m);
  assert.equal(last, '4 passed, 1 failed, 1 skipped');
});

test('all green is exit code 0', async (t) => {
  const { code, last } = await runTier(t, { 'dist/test/unit/a.test.js': `test('one', () => {});` }, unitTier);
  assert.deepEqual([code, last], [0, '1 passed, 0 failed, 0 skipped']);
});

test('a tier without tests, a file without tests and a file that dies are failures', async (t) => {
  assert.match((await runTier(t, {}, unitTier)).failed.join(), /there are no tests in test\/unit/);
  const empty = await runTier(t, { 'dist/test/unit/a.test.js': '' }, unitTier);
  assert.deepEqual([empty.code, empty.last], [1, '0 passed, 1 failed, 0 skipped']);
  const dying = await runTier(
    t,
    { 'dist/test/unit/a.test.js': `test('one', () => process.kill(process.pid, 'SIGSEGV'));` },
    unitTier,
  );
  assert.deepEqual([dying.code, dying.last], [1, '0 passed, 1 failed, 0 skipped']);
});

test('when the runner itself dies, what was seen so far counts, and its end is a failure', async (t) => {
  const { code, last, failed } = await runTier(
    t,
    { 'dist/test/unit/a.test.js': `test('one', () => process.kill(process.ppid, 'SIGKILL'));` },
    unitTier,
  );
  assert.deepEqual([code, last], [1, '0 passed, 1 failed, 0 skipped']);
  assert.match(failed.join(), /the runner of the unit tests died before the end/);
});

/** Stands in for the native build: leaves what GoogleTest would write. */
const nativeBuild = (suites: unknown, exitCode: number): Record<string, string> => ({
  'scripts/build-native.mjs': `
    import { writeFileSync } from 'node:fs';
    const folder = process.env.GTEST_OUTPUT.slice('json:'.length);
    const suites = ${JSON.stringify(suites)};
    if (suites) writeFileSync(folder + 'core.json', JSON.stringify({ testsuites: suites }));
    process.exit(${exitCode});`,
});

test('GoogleTest cases are counted; a run that crashed or ran nothing is a failure', async (t) => {
  const native = 'runNativeTier({ sanitize: false })';
  const suites = [
    {
      name: 'Trie',
      testsuite: [
        { name: 'finds', status: 'RUN', result: 'COMPLETED' },
        { name: 'misses', status: 'RUN', result: 'COMPLETED', failures: [{ failure: 'no' }] },
        { name: 'later', status: 'NOTRUN', result: 'SUPPRESSED' },
      ],
    },
  ];
  const mixed = await runTier(t, nativeBuild(suites, 1), native);
  assert.deepEqual(mixed.failed, ['FAILED   unit: Trie.misses']);
  assert.equal(mixed.last, '1 passed, 1 failed, 1 skipped');
  assert.equal((await runTier(t, nativeBuild(undefined, 134), native)).last, '0 passed, 1 failed, 0 skipped');
  assert.equal((await runTier(t, nativeBuild(undefined, 0), native)).last, '0 passed, 1 failed, 0 skipped');
});
