/** Which node-rdkafka is loaded, when, and what is said where there is none: in a copy of what was compiled. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test, type TestContext } from 'node:test';
import { root } from '../../helpers/paths.ts';

const ask = `
import { isPatched, loadRdkafka, rdkafkaPlace } from './dist/src/kafka/rdkafka-module.js';
try {
  console.log(rdkafkaPlace().kind, isPatched());
  console.log(loadRdkafka().librdkafkaVersion);
} catch (error) {
  console.log(error.code, error.message, error.remedy);
}
`;

/** The product as it is without node-rdkafka. */
function productWithoutRdkafka(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-no-rdkafka-'));
  t.after(() => rmSync(folder, { recursive: true }));
  for (const name of ['bin', 'package.json'])
    cpSync(join(root, name), join(folder, name), { recursive: true });
  cpSync(join(root, 'dist/src'), join(folder, 'dist/src'), { recursive: true });
  for (const name of ['build', 'models', 'src']) symlinkSync(join(root, name), join(folder, name));
  const addon = join('prebuilds', `${process.platform}-${process.arch}`, 'kubesentiment.node');
  if (existsSync(join(root, addon))) cpSync(join(root, addon), join(folder, addon));
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(join(root, 'node_modules')))
    if (name !== 'node-rdkafka')
      symlinkSync(join(root, 'node_modules', name), join(folder, 'node_modules', name));
  writeFileSync(join(folder, 'ask.mjs'), ask);
  return folder;
}

/** Puts a package's own node-rdkafka into `folder`, with `binding` as its binding for this Node. */
function addOwn(folder: string, binding: string, patch?: string): void {
  const vendored = join(folder, 'vendor/node-rdkafka');
  mkdirSync(vendored, { recursive: true });
  cpSync(join(root, 'scripts/package/binding.cjs'), join(vendored, 'binding.cjs'));
  cpSync(join(root, 'scripts/package/librdkafka.cjs'), join(vendored, 'librdkafka.js'));
  writeFileSync(join(vendored, 'package.json'), '{ "main": "librdkafka.js" }');
  const path = execFileSync(process.execPath, ['-p', `require('${vendored}/binding.cjs').path`], {
    encoding: 'utf8',
  });
  mkdirSync(dirname(path.trim()), { recursive: true });
  writeFileSync(path.trim(), binding);
  if (patch !== undefined) writeFileSync(join(dirname(path.trim()), 'kubesentiment-patched'), `${patch}\n`);
}

/** The tests on other versions of Node lead every import of node-rdkafka to a copy; here there is to be none. */
const withoutRedirection = { ...process.env, NODE_OPTIONS: '' };

function answer(folder: string, env: NodeJS.ProcessEnv = process.env): string {
  return execFileSync(process.execPath, ['ask.mjs'], { cwd: folder, encoding: 'utf8', env });
}

test('without node-rdkafka, what needs no Kafka works', (t) => {
  const folder = productWithoutRdkafka(t);
  const run = (...args: string[]) =>
    spawnSync(process.execPath, [join(folder, 'bin/kubesentiment.cjs'), ...args], {
      cwd: folder,
      encoding: 'utf8',
      env: withoutRedirection,
    });
  for (const args of [['--version'], ['--help'], ['config', 'print'], ['model', 'tokenize', '--help']]) {
    const { status, stderr } = run(...args);
    assert.equal(status, 0, `${args.join(' ')}: ${stderr}`);
  }
  const { stdout, stderr } = run('predict', 'good');
  assert.match(stdout, /POSITIVE/, stderr);
});

test('without node-rdkafka, Kafka is refused in a sentence with a remedy', (t) => {
  const folder = productWithoutRdkafka(t);
  const said = answer(folder, withoutRedirection);
  assert.match(
    said,
    /^KS_CLIENT_MISSING This package has no binding of node-rdkafka for Node [\d.]+ \(ABI \d+\)/,
  );
  assert.match(said, /rdkafka-patch\.mjs/);
});

test('a binding that cannot be loaded is named, and nothing else is loaded in its place', (t) => {
  const folder = productWithoutRdkafka(t);
  addOwn(folder, 'not a library', '0');
  symlinkSync(join(root, 'node_modules/node-rdkafka'), join(folder, 'node_modules/node-rdkafka'));
  const said = answer(folder);
  assert.match(said, /^prebuilt false\nKS_CLIENT_MISSING node-rdkafka \(.*\.node\) cannot be loaded: /);
});

test('the marker beside the binding says whether it has our changes, those of this version', (t) => {
  const folder = productWithoutRdkafka(t);
  const { config } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    config: { rdkafka_patch: string };
  };
  addOwn(folder, 'not a library', config.rdkafka_patch);
  assert.match(answer(folder), /^prebuilt true\n/);
});

test('where the package has no binding for this Node, an installed node-rdkafka is used', (t) => {
  const folder = productWithoutRdkafka(t);
  addOwn(folder, 'not a library');
  rmSync(join(folder, 'prebuilds'), { recursive: true });
  symlinkSync(join(root, 'node_modules/node-rdkafka'), join(folder, 'node_modules/node-rdkafka'));
  assert.match(answer(folder), /^compiled true\n\d+\.\d+\.\d+/);
});
