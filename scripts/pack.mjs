/**
 * Makes the npm package: `npm run package` writes `build-package/kubesentiment-VERSION.tgz`. It holds what `files` in
 * package.json names, and two libraries that are dependencies only in a clone: node-rdkafka with our patches and the
 * part of onnxruntime-node that computes on CPUs. ADR 0030 says why.
 *
 * What is in `prebuilds/` goes in. What is not there is taken as the set-up has compiled it: that makes a package for
 * this Node and for machines like this one. `--release` refuses it, and a platform that is missing. `npm pack` and
 * `npm publish` by themselves are refused in a clone.
 */
import { execFileSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { settle } from '../docker/settle.mjs';
import { ONNX_RUNTIME } from './lib/onnx-runtime.mjs';
import { addCompiled, checkComplete } from './lib/package-bindings.mjs';
import { linkToRepository } from './lib/package-links.mjs';
import { npmCommand, root, StepError } from './lib/run.mjs';
import { patchSource } from './rdkafka-patch.mjs';
import { exitOnStepError } from './setup.mjs';

const vendored = ['node-rdkafka', 'onnxruntime-node'];
/** Of node-rdkafka: its JavaScript with our changes. The bindings are in `prebuilds/`. */
const rdkafkaFiles = /^(lib\/.*\.js|LICENSE\.txt)$/;
/** Of onnxruntime-node: no debug files, no install script, and the libraries of Linux. */
const onnxFiles = /^(package\.json|dist\/\w+\.js|bin\/napi-v6\/linux\/(x64|arm64)\/.*)$/;

/**
 * Returns what npm says about the tarball, its path, and the notes on what is not for every machine. Rejects with a
 * `StepError`.
 */
export function packPackage({ folder = join(root, 'build-package'), release = false } = {}) {
  const stage = join(folder, 'package');
  rmSync(stage, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const patterns = manifest.files.filter((entry) => !entry.startsWith('!'));
  for (const name of [...patterns, 'README.md', 'LICENSE']) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(stage, name), { recursive: true });
  }
  if (release) checkComplete(join(stage, 'prebuilds'));
  const notes = addCompiled(join(stage, 'prebuilds'));
  vendorRdkafka(join(stage, 'vendor/node-rdkafka'));
  vendorOnnxRuntime(join(stage, 'vendor/onnxruntime-node'), join(stage, 'prebuilds'));
  writeFileSync(
    join(stage, 'package.json'),
    `${JSON.stringify(published(manifest, release), undefined, 2)}\n`,
  );
  linkToRepository(stage);
  // npm keeps the permissions of files, which depend on who made them.
  settle(stage);
  const [command, ...args] = [...npmCommand(), '--loglevel=error', 'pack', '--json'];
  const output = execFileSync(command, [...args, '--pack-destination', folder], {
    cwd: stage,
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const [packed] = JSON.parse(output);
  return { ...packed, path: join(folder, packed.filename), notes };
}

function vendorRdkafka(folder) {
  const from = join(root, 'node_modules/node-rdkafka');
  if (!patchSource(from))
    throw new StepError('package', 'node-rdkafka is not the one that the patches are for', 'npm ci');
  copyFiles('node-rdkafka', rdkafkaFiles, folder);
  cpSync(join(root, 'scripts/package/binding.cjs'), join(folder, 'binding.cjs'));
  cpSync(join(root, 'scripts/package/librdkafka.cjs'), join(folder, 'librdkafka.js'));
  cpSync(join(from, 'deps/librdkafka/LICENSES.txt'), join(folder, 'LICENSES-librdkafka.txt'));
  const { name, version, license } = JSON.parse(readFileSync(join(from, 'package.json'), 'utf8'));
  writeFileSync(
    join(folder, 'package.json'),
    `${JSON.stringify({ name, version, license, main: 'lib/index.js' })}\n`,
  );
}

/** With the smaller library that `prebuilds/` may have. */
function vendorOnnxRuntime(folder, prebuilds) {
  copyFiles('onnxruntime-node', onnxFiles, folder);
  for (const arch of ['x64', 'arm64']) {
    const smaller = join(prebuilds, `linux-${arch}`, ONNX_RUNTIME);
    if (existsSync(smaller)) renameSync(smaller, join(folder, 'bin/napi-v6/linux', arch, ONNX_RUNTIME));
  }
  cpSync(join(root, 'scripts/package/onnxruntime-license.txt'), join(folder, 'LICENSE'));
}

/** Files of a package in node_modules, by their paths in it. */
function copyFiles(name, wanted, folder) {
  const from = join(root, 'node_modules', name);
  for (const path of readdirSync(from, { recursive: true })) {
    if (wanted.test(path)) cpSync(join(from, path), join(folder, path), { recursive: true });
  }
}

/**
 * The manifest without what only a clone needs, and with what the vendored libraries need. A release of a fork names
 * the fork: npm compares it with where the package was built.
 */
function published({ scripts, devDependencies, overrides, allowScripts, ...manifest }, release) {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: repository } = process.env;
  const url = `${server}/${repository}`;
  const links = release &&
    repository !== undefined && {
      homepage: `${url}#readme`,
      bugs: `${url}/issues`,
      repository: { type: 'git', url: `git+${url}.git` },
    };
  const dependencies = { ...manifest.dependencies };
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/onnxruntime-common/package.json'), 'utf8'),
  );
  for (const name of vendored) delete dependencies[name];
  return {
    ...manifest,
    ...links,
    files: [...manifest.files, 'vendor'],
    // npm heeds overrides only in a clone. A dependency of ours it takes for the others too.
    dependencies: { ...dependencies, ...plainOverrides(overrides), 'onnxruntime-common': version },
  };
}

const plainOverrides = (overrides) =>
  Object.fromEntries(Object.entries(overrides).filter(([, version]) => typeof version === 'string'));

if (process.argv[1] === import.meta.filename) {
  await exitOnStepError(() => {
    if (process.argv.includes('--refuse')) {
      throw new StepError('npm pack', 'in a clone it leaves the two libraries out', 'npm run package');
    }
    const { path, files, size, unpackedSize, notes } = packPackage({
      release: process.argv.includes('--release'),
    });
    const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
    console.log(`${path}: ${files.length} files, ${megabytes(size)}, unpacked ${megabytes(unpackedSize)}`);
    for (const note of notes) console.log(note);
  });
}
