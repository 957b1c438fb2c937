import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runNode, temporaryProject } from './support.ts';

function fakeMain(folder: string, body: string): void {
  mkdirSync(join(folder, 'dist/src/cli'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'dist/src/cli/main.js'), `export async function main(argv) { ${body} }`);
}

test('the command says how to build it when it is not built', async (t) => {
  const folder = temporaryProject(t, 'bin');
  const { code, output } = await runNode([join(folder, 'bin/kubesentiment.cjs')]);
  assert.equal(code, 1);
  assert.match(output, /not built yet\. Run "npm run build"/);
});

test('the command passes arguments in and the exit code out, with a wider thread pool', async (t) => {
  const folder = temporaryProject(t, 'bin');
  fakeMain(folder, 'console.log(argv.join(), process.env.UV_THREADPOOL_SIZE); return 2;');
  const entry = join(folder, 'bin/kubesentiment.cjs');
  assert.deepEqual(await runNode([entry, 'a', 'b']), { code: 2, signal: null, output: 'a,b 16\n' });
  assert.equal((await runNode([entry], { UV_THREADPOOL_SIZE: '7' })).output, ' 7\n');
});

test('a command started by a script gets its signals, and the script ends with its exit code', async (t) => {
  const folder = temporaryProject(t, 'scripts');
  const child = `process.on('SIGTERM', () => process.exit(5)); setInterval(() => {}, 1000); console.log('ready');`;
  const program = `
    import { runForeground } from './lib/foreground.mjs';
    process.exitCode = await runForeground([process.execPath, '--eval', ${JSON.stringify(child)}]);`;
  writeFileSync(join(folder, 'scripts/outer.mjs'), program);
  const { code } = await runNode([join(folder, 'scripts/outer.mjs')], {}, (output, kill) => {
    if (output.includes('ready')) kill('SIGTERM');
  });
  assert.equal(code, 5);
});
