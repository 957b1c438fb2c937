/** Which of the compiled parts are for this machine: those for glibc and for musl are told apart. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { root } from '../helpers/paths.ts';

const onLinux = process.platform !== 'linux' && 'only Linux has two C libraries';
const loaders = { glibc: '/lib64/ld-linux-x86-64.so.2', musl: '/lib/ld-musl-x86_64.so.1' };

/** What the two places that look for compiled parts say in a Node that was linked with this C library. */
function placesWith(t: TestContext, libc: keyof typeof loaders): string[] {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-platform-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'node'), `${'\0'.repeat(600)}${loaders[libc]}\0`);
  mkdirSync(join(folder, 'dist/src'), { recursive: true });
  cpSync(join(root, 'dist/src/platform.js'), join(folder, 'dist/src/platform.js'));
  mkdirSync(join(folder, 'vendor/node-rdkafka'), { recursive: true });
  cpSync(join(root, 'scripts/package/binding.cjs'), join(folder, 'vendor/node-rdkafka/binding.cjs'));
  const program = `
    import { relative } from 'node:path';
    process.execPath = './node';
    const { platformName } = await import('./dist/src/platform.js');
    const { default: binding } = await import('./vendor/node-rdkafka/binding.cjs');
    console.log(platformName());
    console.log(relative('prebuilds', binding.path).split('/')[0]);`;
  const args = ['--input-type=module', '-e', program];
  return execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8' }).trim().split('\n');
}

test('with glibc it is the name that Node gives it', { skip: onLinux }, (t) => {
  const name = `linux-${process.arch}`;
  assert.deepEqual(placesWith(t, 'glibc'), [name, name]);
});

test('with musl it is another one, for the addon as for node-rdkafka', { skip: onLinux }, (t) => {
  const name = `linux-${process.arch}-musl`;
  assert.deepEqual(placesWith(t, 'musl'), [name, name]);
});

test('with musl, a package says in one sentence that it does not run, and what does', {
  skip: onLinux,
}, (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-musl-'));
  t.after(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'node'), loaders.musl);
  cpSync(join(root, 'dist/src'), join(folder, 'dist/src'), { recursive: true });
  const program = `
    process.execPath = './node';
    const { loadBinding } = await import('./dist/src/decode/binding.js');
    const { loadRdkafka } = await import('./dist/src/kafka/rdkafka-module.js');
    for (const load of [loadBinding, loadRdkafka]) {
      try {
        load();
      } catch ({ code, message, remedy }) {
        console.log(code, message, remedy);
      }
    }`;
  const args = ['--input-type=module', '-e', program];
  // The tests on other versions of Node lead every import of node-rdkafka to a copy.
  const env = { ...process.env, NODE_OPTIONS: '' };
  const said = execFileSync(process.execPath, args, { cwd: folder, encoding: 'utf8', env })
    .trim()
    .split('\n');
  assert.equal(said.length, 2, said.join('\n'));
  assert.match(
    said[0] ?? '',
    /^KS_ADDON_MISSING kubesentiment does not run with musl, .* Use a system with glibc/,
  );
  assert.match(
    said[1] ?? '',
    /^KS_CLIENT_MISSING kubesentiment does not run with musl, .* Use a system with glibc/,
  );
});
