/**
 * Builds the native addon: with cmake-js if CMake is installed, otherwise with node-gyp. Does nothing, in well under
 * a second, if nothing changed.
 *
 *   --with cmake-js|node-gyp   instead of choosing
 *   --test                     builds and runs the C++ tests instead, which need neither Node nor CMake
 *   --sanitize                 the same with AddressSanitizer and UndefinedBehaviorSanitizer
 *   --bench                    builds benchmarking/native and prints the path of the program
 *   --sanitize-threads   the multi-threaded tests, with ThreadSanitizer
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { compileProgram, coreSources, systemCompiler } from './lib/compile-native.mjs';
import { runNativeTests } from './lib/native-tests.mjs';
import { remedyFor } from './lib/remedies.mjs';
import { firstLine, parallelBuildEnv, root, runStep, StepError } from './lib/run.mjs';

const addonPath = join(root, 'build/Release/kubesentiment.node');
const stampPath = join(root, 'build/kubesentiment.stamp');

const { values: options } = parseArgs({
  options: {
    with: { type: 'string' },
    test: { type: 'boolean', default: false },
    sanitize: { type: 'boolean', default: false },
    bench: { type: 'boolean', default: false },
    'sanitize-threads': { type: 'boolean', default: false },
  },
});

try {
  if (options.bench) {
    console.log(await compileBench());
  } else if (options['sanitize-threads']) {
    process.exitCode = await runNativeTests({ sanitizer: 'threads', filter: 'Threads.*' });
  } else if (options.test || options.sanitize) {
    process.exitCode = await runNativeTests({ sanitizer: options.sanitize ? 'memory' : undefined });
  } else {
    await buildAddon(options.with ?? (firstLine('cmake', ['--version']) ? 'cmake-js' : 'node-gyp'));
  }
} catch (error) {
  if (!(error instanceof StepError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** The same flags as for the addon, without Node. */
function compileBench() {
  return compileProgram({
    step: 'native benchmark',
    compiler: systemCompiler(),
    folder: 'build-bench',
    name: 'core_bench',
    flags: ['-std=c++17', '-O3', '-fno-exceptions', '-fno-rtti'],
    units: [...coreSources(), join(root, 'benchmarking/native/core_bench.cc')].map((source) => ({ source })),
  });
}

async function buildAddon(tool) {
  const stamp = `${tool} ${sourceHash()}`;
  const previous = existsSync(stampPath) ? readFileSync(stampPath, 'utf8') : '';
  if (previous === stamp && existsSync(addonPath)) return;
  // Each tool mistakes the other's files for its own, so remove what the other one left.
  if (!previous.startsWith(`${tool} `) || isOfAnotherFolder()) {
    rmSync(join(root, 'build'), { recursive: true, force: true });
  }
  rmSync(stampPath, { force: true });
  await runStep('native addon', buildCommand(tool), {
    note: `C++, ${tool}`,
    env: parallelBuildEnv,
    remedy: remedyFor,
  });
  if (!existsSync(addonPath)) {
    throw new StepError('native addon', `${tool} wrote no ${addonPath}`, 'remove build/ and try again');
  }
  writeFileSync(stampPath, stamp);
  // Prebuilt binaries are loaded first; an old one would hide the one just built.
  rmSync(join(root, 'prebuilds', `${process.platform}-${process.arch}`, 'kubesentiment.node'), { force: true });
}

/** CMake keeps building the sources it was configured for, even after build/ was copied. */
function isOfAnotherFolder() {
  const cachePath = join(root, 'build/CMakeCache.txt');
  if (!existsSync(cachePath)) return false;
  const home = /^CMAKE_HOME_DIRECTORY:INTERNAL=(.*)$/m.exec(readFileSync(cachePath, 'utf8'))?.[1];
  return home !== undefined && resolve(home) !== root;
}

function buildCommand(tool) {
  const script = join(root, 'node_modules', tool, 'bin', tool === 'cmake-js' ? 'cmake-js' : 'node-gyp.js');
  if (!existsSync(script)) {
    throw new StepError('native addon', `${tool} is not installed`, 'run `npm ci` first');
  }
  if (tool === 'cmake-js') return [process.execPath, script, 'build'];
  // Node's own archive has the headers next to the binary; then nothing needs downloading.
  const prefix = dirname(dirname(process.execPath));
  const nodedir = existsSync(join(prefix, 'include/node/node_api.h')) ? [`--nodedir=${prefix}`] : [];
  return [process.execPath, script, 'rebuild', ...nodedir];
}

/**
 * Changes with everything the addon is built from. Node is not part of that: Node-API is the same in all versions.
 */
function sourceHash() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  const sources = readdirSync(join(root, 'native'), { recursive: true })
    .filter((name) => /\.(cc|h|txt)$/.test(name))
    .map((name) => join('native', name));
  const others = ['CMakeLists.txt', 'binding.gyp', 'node_modules/node-addon-api/package.json'];
  for (const path of [...others, ...sources.sort()]) {
    hash.update(`${path}\n`).update(existsSync(join(root, path)) ? readFileSync(join(root, path)) : '');
  }
  return hash.digest('hex');
}
