/**
 * Makes the npm package: `npm run package` writes `build-package/kubesentiment-VERSION.tgz`. It holds what `files` in
 * package.json names, and two libraries that are dependencies only in a clone: node-rdkafka with our patches and the
 * part of onnxruntime-node that computes on CPUs. ADR 0030 says why. What is in `prebuilds/` goes in as it is.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { npmCommand, root, StepError } from './lib/run.mjs';
import { isPatched } from './rdkafka-patch.mjs';
import { exitOnStepError } from './setup.mjs';

const vendored = ['node-rdkafka', 'onnxruntime-node'];
/** Of node-rdkafka: its JavaScript with our changes. The bindings are in `prebuilds/`. */
const rdkafkaFiles = /^(lib\/.*\.js|LICENSE\.txt)$/;
/** Of onnxruntime-node: no debug files, no install script, and the libraries of Linux. */
const onnxFiles = /^(package\.json|dist\/\w+\.js|bin\/napi-v6\/linux\/(x64|arm64)\/.*)$/;

/** Returns the path of the tarball and what npm says about it. Rejects with a `StepError`. */
export function packPackage(folder = join(root, 'build-package')) {
  const stage = join(folder, 'package');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(stage, { recursive: true });
  const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  for (const name of [...manifest.files, 'README.md', 'LICENSE'].filter((entry) => !entry.startsWith('!'))) {
    if (existsSync(join(root, name))) cpSync(join(root, name), join(stage, name), { recursive: true });
  }
  vendorRdkafka(join(stage, 'vendor/node-rdkafka'));
  copyFiles('onnxruntime-node', onnxFiles, join(stage, 'vendor/onnxruntime-node'));
  cpSync(
    join(root, 'scripts/package/onnxruntime-license.txt'),
    join(stage, 'vendor/onnxruntime-node/LICENSE'),
  );
  writeFileSync(join(stage, 'package.json'), `${JSON.stringify(published(manifest), undefined, 2)}\n`);
  const [command, ...args] = [
    ...npmCommand(),
    '--loglevel=error',
    'pack',
    '--json',
    '--pack-destination',
    folder,
  ];
  const [packed] = JSON.parse(execFileSync(command, args, { cwd: stage, encoding: 'utf8' }));
  return { ...packed, path: join(folder, packed.filename) };
}

function vendorRdkafka(folder) {
  const from = join(root, 'node_modules/node-rdkafka');
  if (!isPatched(from))
    throw new StepError('package', 'node-rdkafka is not patched', 'node scripts/setup.mjs');
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

/** Files of a package in node_modules, by their paths in it. */
function copyFiles(name, wanted, folder) {
  const from = join(root, 'node_modules', name);
  for (const path of readdirSync(from, { recursive: true })) {
    if (wanted.test(path)) cpSync(join(from, path), join(folder, path), { recursive: true });
  }
}

/** The manifest without what only a clone needs, and with what the vendored libraries need. */
function published({ scripts, devDependencies, overrides, allowScripts, ...manifest }) {
  const dependencies = { ...manifest.dependencies };
  const { version } = JSON.parse(
    readFileSync(join(root, 'node_modules/onnxruntime-common/package.json'), 'utf8'),
  );
  for (const name of vendored) delete dependencies[name];
  return {
    ...manifest,
    files: [...manifest.files, 'vendor'],
    dependencies: { ...dependencies, 'onnxruntime-common': version },
  };
}

if (process.argv[1] === import.meta.filename) {
  await exitOnStepError(() => {
    const { path, files, size, unpackedSize } = packPackage();
    const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
    console.log(`${path}: ${files.length} files, ${megabytes(size)}, unpacked ${megabytes(unpackedSize)}`);
  });
}
