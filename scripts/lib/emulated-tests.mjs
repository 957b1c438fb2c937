/**
 * Runs test files, each by the program that KUBESENTIMENT_TEST_NODE names. `node --test` would start its own binary,
 * and preloads nothing that could change that.
 *
 *   node scripts/lib/emulated-tests.mjs COUNTS CONCURRENCY TIMEOUT_MS FILE...
 */
import { createWriteStream } from 'node:fs';
import { run } from 'node:test';
import { spec } from 'node:test/reporters';
import countReporter from './count-reporter.mjs';

const [counts, concurrency, timeoutMs, ...files] = process.argv.slice(2);
process.execPath = process.env.KUBESENTIMENT_TEST_NODE;
const events = run({ files, concurrency: Number(concurrency), timeout: Number(timeoutMs) });
events.on('test:fail', () => {
  process.exitCode = 1;
});
events.compose(countReporter).pipe(createWriteStream(counts));
events.compose(spec).pipe(process.stdout);
