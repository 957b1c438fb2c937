import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { styleText } from 'node:util';
import { runForeground } from './foreground.mjs';
import { root } from './run.mjs';

/**
 * The outcome of a tier. `failures` are names, `skips` are `{ name, reason }`.
 * @typedef {{ passed: number, failures: string[], skips: { name: string, reason: string }[] }} TierResult
 */

/**
 * The tiers in execution order. Integration tests share a broker and mostly wait, so one more runs than cores.
 * `timeoutMs` ends what hangs; Node applies it to each test and to each file as a whole.
 */
export const tiers = [
  { name: 'unit', title: 'Unit tests', concurrency: availableParallelism(), timeoutMs: 600_000 },
  { name: 'native', title: 'Native tests (C++)' },
  {
    name: 'pipeline',
    title: 'Pipeline tests (connected stages, fake Kafka)',
    concurrency: 1,
    timeoutMs: 600_000,
  },
  {
    name: 'integration',
    title: 'Integration tests (real Apache Kafka)',
    concurrency: availableParallelism() + 1,
    timeoutMs: 1_200_000,
  },
];

/**
 * Runs the compiled tests of one tier.
 *
 * @param {{ name: string, concurrency: number, timeoutMs: number }} tier
 * @param {{ node?: string, env?: object, only?: string[] }} [options] another Node; only the test files whose source
 *   path begins with one of these
 * @returns {Promise<TierResult>}
 */
export async function runNodeTier(tier, { node = process.execPath, env = {}, only = [] } = {}) {
  const files = testFiles(tier.name).filter(
    (file) => only.length === 0 || only.some((prefix) => file.source.startsWith(prefix)),
  );
  if (files.length === 0) return nothing(`there are no tests in test/${tier.name}`);
  return inTemporaryFolder(async (folder) => {
    const countPath = join(folder, 'count.json');
    const exitCode = await runForeground(
      [node, ...testArgs(tier, countPath), ...files.map((file) => file.compiled)],
      { env: { UV_THREADPOOL_SIZE: '16', ...env } },
    );
    return withExitCode(readCounts(countPath, tier.name), exitCode, tier.name);
  });
}

const testArgs = ({ concurrency, timeoutMs }, countPath) => [
  '--test',
  `--test-concurrency=${concurrency}`,
  `--test-timeout=${timeoutMs}`,
  '--test-reporter=spec',
  '--test-reporter-destination=stdout',
  `--test-reporter=${join(root, 'scripts/lib/count-reporter.mjs')}`,
  `--test-reporter-destination=${countPath}`,
];

/** Sums up what count-reporter.mjs wrote; if the end is missing, the runner itself died. */
export function readCounts(path, tierName) {
  const result = { passed: 0, failures: [], skips: [] };
  let ended = false;
  const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
  for (const line of lines.slice(0, -1)) {
    const { kind, name, reason } = JSON.parse(line);
    if (kind === 'passed') result.passed++;
    if (kind === 'failed') result.failures.push(name);
    if (kind === 'skipped') result.skips.push({ name, reason });
    ended ||= kind === 'end';
  }
  if (!ended) result.failures.push(`the runner of the ${tierName} tests died before the end`);
  return result;
}

/**
 * Builds and runs the GoogleTest cases, with AddressSanitizer and UndefinedBehaviorSanitizer if `sanitize`.
 * @returns {Promise<TierResult>}
 */
export async function runNativeTier({ sanitize }) {
  return inTemporaryFolder(async (folder) => {
    const exitCode = await runForeground(
      [process.execPath, 'scripts/build-native.mjs', sanitize ? '--sanitize' : '--test'],
      { env: { GTEST_OUTPUT: `json:${folder}/` } },
    );
    const result = { passed: 0, failures: [], skips: [] };
    for (const file of readdirSync(folder)) {
      for (const suite of JSON.parse(readFileSync(join(folder, file), 'utf8')).testsuites) {
        for (const test of suite.testsuite) countGoogleTest(result, `${suite.name}.${test.name}`, test);
      }
    }
    return withExitCode(result, exitCode, 'native');
  });
}

export function printHeading(title) {
  const line = `── ${title} ──`;
  console.log(`\n${process.stdout.isTTY ? styleText('bold', line) : line}`);
}

/**
 * Prints what was skipped and what failed, then the totals as the last line; returns the exit code.
 * @param {(TierResult & { tier: string })[]} results
 */
export function report(results) {
  let passed = 0;
  let failed = 0;
  let skipped = 0;
  console.log('');
  for (const { tier, failures, skips, ...counted } of results) {
    passed += counted.passed;
    failed += failures.length;
    skipped += skips.length;
    for (const { name, reason } of skips) console.log(`skipped  ${tier}: ${name} (${reason})`);
    for (const name of failures) console.log(`FAILED   ${tier}: ${name}`);
  }
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  return failed > 0 ? 1 : 0;
}

function countGoogleTest(result, name, test) {
  if (test.failures?.length > 0) result.failures.push(name);
  else if (test.result === 'SKIPPED' || test.status !== 'RUN') {
    result.skips.push({ name, reason: test.skipped?.[0]?.message?.trim() || 'disabled' });
  } else result.passed++;
}

/** A tier that crashed, or in which nothing ran, fails even if no test reports a failure. */
function withExitCode(result, exitCode, name) {
  if (exitCode !== 0 && result.failures.length === 0) {
    result.failures.push(`the ${name} tests ended with exit code ${exitCode}`);
  } else if (result.passed + result.failures.length + result.skips.length === 0) {
    result.failures.push(`no ${name} test ran`);
  }
  return result;
}

function nothing(reason) {
  return { passed: 0, failures: [reason], skips: [] };
}

/** Each compiled file of a tier, and its source below the root. */
export function testFiles(tierName) {
  const folder = join(root, 'dist/test', tierName);
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { recursive: true })
    .filter((name) => name.endsWith('.test.js'))
    .sort()
    .map((name) => ({
      compiled: join(folder, name),
      source: join('test', tierName, name.replace(/\.js$/, '.ts')),
    }));
}

async function inTemporaryFolder(run) {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-test-'));
  try {
    return await run(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
