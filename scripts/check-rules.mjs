// Checks the alerts, their tests and the dashboard's queries with Prometheus' own promtool. The last line has the
// counts. Without promtool it says what was skipped. Needs the compiled TypeScript.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dashboardRows } from '../dist/src/metrics/dashboard/dashboard.js';
import { root } from './lib/run.mjs';

const folder = join(root, 'monitoring', 'prometheus');
const ruleTests = readdirSync(folder).filter((name) => name.endsWith('.test.yml'));
let passed = 0;
let failed = 0;

if (spawnSync('promtool', ['--version']).status !== 0) {
  console.log('skipped: promtool is not installed. It comes with "apt-get install prometheus".');
  console.log(`0 passed, 0 failed, ${ruleTests.length + 3} skipped`);
  process.exit(0);
}

check('rules.yml', ['check', 'rules', 'rules.yml'], folder);
check('local.yml', ['check', 'config', 'local.yml'], folder);
for (const name of ruleTests) check(name, ['test', 'rules', name], folder);

const temporary = mkdtempSync(join(tmpdir(), 'kubesentiment-rules-'));
try {
  writeFileSync(join(temporary, 'dashboard.yml'), dashboardAsRules());
  check('queries of the dashboard', ['check', 'rules', 'dashboard.yml'], temporary);
} finally {
  rmSync(temporary, { recursive: true });
}
console.log(`${passed} passed, ${failed} failed, 0 skipped`);
process.exit(failed === 0 ? 0 : 1);

function check(name, args, cwd) {
  const { status, stdout, stderr } = spawnSync('promtool', args, { cwd, encoding: 'utf8' });
  if (status === 0) passed++;
  else failed++;
  console.log(`${status === 0 ? 'ok    ' : 'FAILED'}  ${name}`);
  if (status !== 0) console.log(`${stdout}${stderr}`);
}

/** promtool only reads rule files, so each query becomes a recording rule. */
function dashboardAsRules() {
  const queries = dashboardRows.flatMap(({ panels }) => panels.flatMap(({ queries }) => queries));
  const rules = queries.map(([expression], index) => {
    const expr = expression
      .replaceAll('$__rate_interval', '1m')
      .replaceAll(/\$(consumer_group|topic)/g, '.*');
    return { record: `dashboard:query:${index}`, expr };
  });
  return JSON.stringify({ groups: [{ name: 'dashboard', rules }] });
}
