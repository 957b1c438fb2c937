import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { runNode, temporaryProject } from './support.ts';

const setupFiles = ['scripts', 'package.json', 'package-lock.json'];

test('without a compiler, make and python3 the set-up says what to install, before npm starts', async (t) => {
  const folder = temporaryProject(t, ...setupFiles);
  const { code, output } = await runNode([join(folder, 'scripts/setup.mjs')], { PATH: folder });
  assert.equal(code, 1);
  assert.match(output, /a C\+\+ compiler and make and python3 not found/);
  assert.match(output, /What to do: (apt-get install g\+\+ make python3|xcode-select --install)/);
  assert.doesNotMatch(output, /npm/);
});

test('a Node that is too old is named, with the version that will do', async (t) => {
  const folder = temporaryProject(t, ...setupFiles);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ engines: { node: '>=99.1' } }));
  const { code, output } = await runNode([join(folder, 'scripts/setup.mjs')]);
  assert.equal(code, 1);
  assert.match(output, new RegExp(`this is Node ${process.versions.node.replaceAll('.', '\\.')}`));
  assert.match(output, /install Node 99\.1 or later/);
});

test('a failing step shows the end of its output and the remedy that fits', async (t) => {
  const folder = temporaryProject(t, 'scripts');
  const program = `
    import { remedyFor } from './lib/remedies.mjs';
    import { runStep } from './lib/run.mjs';
    import { exitOnStepError } from './setup.mjs';
    const command = ['sh', '-c', 'seq 100; echo "fatal: No space left on device" >&2; exit 3'];
    await exitOnStepError(() => runStep('the step', command, { remedy: remedyFor }));`;
  writeFileSync(join(folder, 'scripts/fails.mjs'), program);
  const { code, output } = await runNode([join(folder, 'scripts/fails.mjs')]);
  assert.equal(code, 1);
  assert.match(output, /the step failed: exit code 3/);
  assert.match(output, /│ 100\n {2}│ fatal: No space left on device\nWhat to do: free some disk space/);
  assert.doesNotMatch(output, /│ 50\n/);
});
