/** The unit and pipeline tests on arm64: rows of `npm run check:cpus`. */
import { spawn } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { emulatedNode, emulator } from './emulator.mjs';
import { fetchNode } from './fetch-node.mjs';
import { runGrouped } from './grouped-tests.mjs';
import { expect } from './package-checks.mjs';
import { root } from './run.mjs';
import { targetOf } from './target.mjs';
import { readCounts, testFiles } from './tiers.mjs';

/** With registerHooks, by which node-rdkafka is redirected to a copy with the binding of `prebuilds/`. */
const VERSION = '24';
const ABI = '137';
/** Files of the pipeline tests take long enough to have a process each. */
const tiers = [
  { name: 'unit', together: 12, concurrency: availableParallelism() },
  { name: 'pipeline', together: 1, concurrency: 1 },
];
/** What cannot pass there, and why. */
const tooLong = 'it computes with models for longer than a batch may take, emulated';
const leftOut = new Map([
  ['test/unit/cli/model-cascade.test.ts', tooLong],
  ['test/unit/cli/model-compare.test.ts', tooLong],
  ['test/unit/cli/model-import.test.ts', tooLong],
  ['test/unit/cli/program.test.ts', tooLong],
  ['test/unit/cli/terminal.test.ts', tooLong],
  [
    'test/unit/bench/listening-process.test.ts',
    'the emulator lists no processes in /proc, since a folder with our cpuinfo lies over it',
  ],
  ['test/unit/types.test.ts', "npm has installed TypeScript's compiler for this machine alone"],
]);
const TEST_TIMEOUT_MS = 900_000;
const PROCESS_TIMEOUT_MS = 1_800_000;

/** `only`: the tests of these files and folders, if any are named. `progress`: as in grouped-tests.mjs. */
export async function checkEmulatedUnits(checks, { only = [], progress }) {
  for (const tier of tiers) {
    const wanted = only.filter((path) => path.startsWith(`test/${tier.name}`));
    if (only.length > 0 && wanted.length === 0) continue;
    await checks.check(`${tier.name} tests, arm64`, () => runTier(tier, wanted, progress));
  }
}

/** Rejects if a test has failed. */
async function runTier({ name, ...how }, wanted, progress) {
  const all = testFiles(name)
    .map(({ source }) => source)
    .filter((file) => wanted.length === 0 || wanted.some((prefix) => file.startsWith(prefix)));
  const files = all.filter((file) => !leftOut.has(file));
  const run = await processes();
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
async function processes() {
  const command = await emulator(targetOf('arm64'));
  const node = emulatedNode(await fetchNode(VERSION, 'arm64'), command, `linux-arm64-${VERSION}-any`);
  const env = {
    ...process.env,
    PATH: `${dirname(node)}:${process.env.PATH}`,
    UV_THREADPOOL_SIZE: '16',
    NODE_OPTIONS: `--import=${join(root, 'scripts/lib/redirect-rdkafka.mjs')}`,
    KUBESENTIMENT_TEST_RDKAFKA: join(copyRdkafka(), 'lib/index.js'),
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

/** The folder of a node-rdkafka as npm would have installed and compiled it there. */
function copyRdkafka() {
  const installed = join(root, 'node_modules/node-rdkafka');
  const prebuilt = join(root, 'prebuilds/linux-arm64/rdkafka');
  const folder = join(root, '.cache/emulated/node-rdkafka');
  rmSync(folder, { recursive: true, force: true });
  for (const name of ['lib', 'librdkafka.js', 'package.json'])
    cpSync(join(installed, name), join(folder, name), { recursive: true });
  cpSync(prebuilt, join(folder, 'build/Release'), { recursive: true });
  const binding = join(folder, 'build/Release/node-librdkafka.node');
  cpSync(join(prebuilt, `node-${ABI}.node`), binding);
  return folder;
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
