/** Test files that share a process, as on emulated CPUs. */
import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../helpers/paths.ts';

interface Outcome {
  readonly files: readonly string[];
  readonly passed: number;
  readonly failures: readonly string[];
}
interface How {
  readonly run: (files: readonly string[]) => Promise<Outcome>;
  readonly together: number;
  readonly concurrency: number;
  readonly progress?: string;
}

const { runGrouped } = (await import(pathToFileURL(join(root, 'scripts/lib/grouped-tests.mjs')).href)) as {
  runGrouped(files: readonly string[], how: How): Promise<Outcome[]>;
};

/** A process in which one test of each file passes, unless `failures` says something of these files. */
function fakeProcess(failures: (files: readonly string[]) => string[] = () => []) {
  const started: string[] = [];
  const run = (files: readonly string[]): Promise<Outcome> => {
    started.push(files.join(' '));
    return Promise.resolve({ files, passed: files.length, failures: failures(files) });
  };
  return { run, started };
}

const files = ['a/1', 'a/2', 'a/3', 'b/1', 'c/1', 'c/2'];
const summary = (outcomes: readonly Outcome[]): [number, string[]] => [
  outcomes.reduce((sum, { passed }) => sum + passed, 0),
  outcomes.flatMap(({ failures }) => failures),
];

test('files of a folder share a process, up to a number', async () => {
  const { run, started } = fakeProcess();
  const outcomes = await runGrouped(files, { run, together: 2, concurrency: 1 });
  assert.deepEqual(started, ['a/1 a/2', 'a/3', 'b/1', 'c/1 c/2']);
  assert.deepEqual(summary(outcomes), [6, []]);
});

test('what fails only in company has not failed; what fails alone has, once', async () => {
  const { run, started } = fakeProcess((some) =>
    some.length > 1 && some.includes('a/2') ? ['company'] : [],
  );
  const inCompany = await runGrouped(files.slice(0, 4), { run, together: 12, concurrency: 1 });
  assert.deepEqual(started, ['a/1 a/2 a/3', 'a/1', 'a/2', 'a/3', 'b/1']);
  assert.deepEqual(summary(inCompany), [4, []]);

  const other = fakeProcess((some) => (some.includes('c/2') ? ['alone'] : []));
  const outcomes = await runGrouped(files, { run: other.run, together: 12, concurrency: 2 });
  assert.deepEqual(summary(outcomes), [6, ['alone']]);
});

test('a run that was interrupted goes on where it stopped, and says all at the end', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-grouped-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const progress = join(folder, 'progress.jsonl');
  const first = fakeProcess((some) => (some.includes('a/2') ? ['two'] : []));
  const dies = (some: readonly string[]): Promise<Outcome> =>
    some.includes('c/1') ? Promise.reject(new Error('interrupted')) : first.run(some);
  await assert.rejects(
    runGrouped(files, { run: dies, together: 12, concurrency: 1, progress }),
    /interrupted/,
  );
  assert.equal(readFileSync(progress, 'utf8').trim().split('\n').length, 4);

  const second = fakeProcess();
  const outcomes = await runGrouped(files, { run: second.run, together: 12, concurrency: 1, progress });
  assert.deepEqual(second.started, ['c/1 c/2']);
  assert.deepEqual(summary(outcomes), [6, ['two']]);

  const third = fakeProcess();
  const some = await runGrouped(['c/1', 'c/2'], { run: third.run, together: 12, concurrency: 1, progress });
  assert.deepEqual([third.started, summary(some)], [[], [2, []]]);
});

test('a run of some files tells of none twice, and a line that was cut off is told of again', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-grouped-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const progress = join(folder, 'progress.jsonl');
  const { run, started } = fakeProcess();
  const how = { run, together: 12, concurrency: 1, progress };
  await runGrouped(['a/1', 'a/2'], how);
  await runGrouped(['a/1'], how);
  appendFileSync(progress, '{"files":["b/1"],"pas');
  assert.deepEqual(summary(await runGrouped(['a/1', 'a/2', 'b/1'], how)), [3, []]);
  assert.deepEqual(started, ['a/1 a/2', 'a/1', 'b/1']);
  assert.deepEqual(summary(await runGrouped(['a/1', 'a/2', 'b/1'], how)), [3, []]);
});
