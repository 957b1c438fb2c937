/** The unit and pipeline tests on arm64: rows of `npm run check:cpus`. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { emulatedNode, emulator } from './emulator.mjs';
import { fetchNode } from './fetch-node.mjs';
import { runGrouped } from './grouped-tests.mjs';
import { expect } from './package-checks.mjs';
import { root } from './run.mjs';
import { targetOf } from './target.mjs';
import { readCounts, testFiles } from './tiers.mjs';

/** With registerHooks, by which node-rdkafka is redirected to the package's. */
const VERSION = '24';
/** Files of the pipeline tests take long enough to have a process each. */
const tiers = [
  { name: 'unit', together: 12, concurrency: availableParallelism() },
  { name: 'pipeline', together: 1, concurrency: 1 },
];
/** What cannot pass there, and why. */
const leftOut = new Map([
  ['test/unit/types.test.ts', "npm has installed TypeScript's compiler for this machine alone"],
]);
const TEST_TIMEOUT_MS = 900_000;
const PROCESS_TIMEOUT_MS = 1_800_000;

/**
 * `installed` returns a project in which the package is, for its node-rdkafka. `only`: the tests of these files and
 * folders, if any are named. `progress`: as in grouped-tests.mjs.
 */
export async function checkEmulatedUnits(checks, installed, { only = [], progress }) {
  for (const tier of tiers) {
    const wanted = only.filter((path) => path.startsWith(`test/${tier.name}`));
    if (only.length > 0 && wanted.length === 0) continue;
    await checks.check(`${tier.name} tests, arm64`, () => runTier(tier, wanted, installed(), progress));
  }
}

/** Rejects if a test has failed. */
async function runTier({ name, ...how }, wanted, project, progress) {
  const all = testFiles(name)
    .map(({ source }) => source)
    .filter((file) => wanted.length === 0 || wanted.some((prefix) => file.startsWith(prefix)));
  const files = all.filter((file) => !leftOut.has(file));
  const run = await processes(project);
  const outcomes = await runGrouped(files, { run, progress, ...how });
  const passed = outcomes.reduce((sum, outcome) => sum + outcome.passed, 0);
  const failures = outcomes.flatMap((outcome) => outcome.failures);
  const left = all.filter((file) => leftOut.has(file));
  const skips = outcomes
    .flatMap((outcome) => outcome.skips)
    .concat(left.map((file) => ({ name: file, reason: leftOut.get(file) })));
  for (const skip of skips) console.log(`  skipped: ${skip.name} (${skip.reason})`);
  console.log(
    `  ${files.length} files: ${passed} passed, ${failures.length} failed, ${skips.length} skipped`,
  );
  expect(failures.length === 0, failures.join('\n'));
  return { files: files.length, tests: passed, skipped: skips };
}

/** What runs test files in one emulated process. */
async function processes(project) {
  const command = await emulator(targetOf('arm64'));
  const node = emulatedNode(await fetchNode(VERSION, 'arm64'), command, `linux-arm64-${VERSION}-any`);
  const env = {
    ...process.env,
    PATH: `${dirname(node)}:${process.env.PATH}`,
    UV_THREADPOOL_SIZE: '16',
    NODE_OPTIONS: `--import=${join(root, 'scripts/lib/redirect-rdkafka.mjs')}`,
    KUBESENTIMENT_TEST_RDKAFKA: project.path('kubesentiment/vendor/node-rdkafka/lib/index.js'),
  };
  return async (files) => {
    const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-emulated-'));
    const counts = join(folder, 'counts');
    try {
      const startedAt = performance.now();
      const { output, how } = await untilEnd(spawn(node, argsFor(files, counts), { cwd: root, env }));
      const seconds = Math.round((performance.now() - startedAt) / 1000);
      const { passed, failures, skips } = readCounts(counts, files[0]);
      if (failures.length === 0 && how !== 0) failures.push(`${files[0]}: ended with ${how}`);
      console.log(`  ${seconds} s, ${passed} passed, ${failures.length} failed: ${files.join(' ')}`);
      if (failures.length > 0) console.log(output);
      return { files, passed, failures, skips, seconds };
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
}

/** All in this process: a runner with a process for each file would start the emulated program without the emulator. */
const argsFor = (files, counts) => [
  ...['--test', '--test-isolation=none', `--test-timeout=${TEST_TIMEOUT_MS}`],
  ...['--test-reporter=spec', '--test-reporter-destination=stdout'],
  `--test-reporter=${join(root, 'scripts/lib/count-reporter.mjs')}`,
  `--test-reporter-destination=${counts}`,
  ...files.map((file) => join(root, 'dist', file.replace(/\.ts$/, '.js'))),
];

/** Resolves with what the process has said, and its exit code or signal. */
function untilEnd(child) {
  const timer = setTimeout(() => child.kill('SIGKILL'), PROCESS_TIMEOUT_MS);
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => {
      output += text;
    });
  }
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      resolve({ output, how: code ?? signal });
    });
  });
}
