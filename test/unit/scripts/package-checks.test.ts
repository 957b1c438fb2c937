/** How `npm run check:package` and `npm run check:cpus` count. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { join } from 'node:path';
import { root } from '../../helpers/paths.ts';

interface Checks {
  readonly rows: readonly Record<string, unknown>[];
  wants(name: string): boolean;
  check(name: string, act: () => unknown): Promise<void>;
  skip(name: string, reason: string): void;
  report(): boolean;
}
const { Checks } = (await import(pathToFileURL(join(root, 'scripts/lib/package-checks.mjs')).href)) as {
  Checks: new (wanted: RegExp) => Checks;
};

/** What `act` prints, line by line. */
async function printed(act: () => Promise<void>): Promise<string[]> {
  const { log } = console;
  const lines: string[] = [];
  console.log = (line: string) => void lines.push(line.replace(/\(\d+\.\d s\)/, '(T)'));
  try {
    await act();
  } finally {
    console.log = log;
  }
  return lines;
}

test('a check passes, fails or is skipped; figures and outcomes are kept for the report', async () => {
  const checks = new Checks(/./);
  const lines = await printed(async () => {
    await checks.check('good', () => Promise.resolve({ scores: 30 }));
    await checks.check('bad', () => Promise.reject(new Error('no')));
    checks.skip('absent', 'there is no Java');
    assert.equal(checks.report(), false);
  });
  assert.deepEqual(lines, [
    '✓ good (T)',
    '✗ bad (T)',
    'no',
    '- absent: skipped, there is no Java',
    '1 passed, 1 failed, 1 skipped',
  ]);
  assert.deepEqual(
    checks.rows.map(({ seconds: _, ...row }) => row),
    [
      { name: 'good', passed: true, scores: 30 },
      { name: 'bad', passed: false },
      { name: 'absent', skipped: 'there is no Java' },
    ],
  );
});

test('what was not asked for counts as skipped, and is neither tried nor told', async () => {
  const checks = new Checks(/arm64/);
  const lines = await printed(async () => {
    await checks.check('x64', () => assert.fail('tried'));
    checks.skip('x64 again', 'no reason');
    await checks.check('native tests, arm64', () => undefined);
    assert.equal(checks.report(), true);
  });
  assert.deepEqual(lines, ['✓ native tests, arm64 (T)', '1 passed, 0 failed, 2 skipped']);
  assert.deepEqual([checks.rows.length, checks.wants('x64')], [1, false]);
});
