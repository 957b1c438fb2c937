/** The ways of docs/library.md to a larger thread pool, in a program that imports this package. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../helpers/paths.ts';

const WANTED = 16;
const skip = process.platform === 'linux' ? false : 'threads are counted in /proc';
const counts = `
import { pbkdf2 } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { HighThroughputKafkaConsumer } from 'PACKAGE';
LINE
new HighThroughputKafkaConsumer({ settings: { kafka: { bootstrap_servers: ['localhost:9092'] } } });
for (let i = 0; i < ${WANTED}; i++) pbkdf2('a', 'b', 100_000, 64, 'sha512', () => undefined);
console.log(/Threads:\\s+(\\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))[1]);
process.exit(0);
`;
const line = `process.env.UV_THREADPOOL_SIZE ??= '${WANTED}';`;

const program = counts.replace('PACKAGE', pathToFileURL(join(root, 'dist/src/index.js')).href);

/** How many threads a process has when it uses as many of the pool as it can. */
function threadsOf(t: TestContext, main: string, files: Readonly<Record<string, string>>): number {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-threads-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const { UV_THREADPOOL_SIZE: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync(process.execPath, [join(folder, main)], { encoding: 'utf8', env });
  assert.match(stdout, /^\d+\n$/, stderr);
  return Number(stdout);
}

test('a CommonJS file that loads the program sets the size of the pool', { skip }, (t) => {
  const files = {
    'start.cjs': `${line}\nimport('./program.mjs');\n`,
    'program.mjs': program.replace('LINE', ''),
  };
  assert.ok(threadsOf(t, 'start.cjs', files) > WANTED);
});

const isLoadedWithoutPool = Number(process.versions.node.split('.')[0]) >= 22;

test('from Node 22 on, so does the program itself after its imports', { skip }, (t) => {
  const threads = threadsOf(t, 'program.mjs', { 'program.mjs': program.replace('LINE', line) });
  assert.equal(threads > WANTED, isLoadedWithoutPool, String(threads));
});
