/**
 * Sets up a fresh clone so everything runs, and detects within a second if there is nothing to do. Plain Node without
 * dependencies, since it runs before any are installed.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { runForeground } from './lib/foreground.mjs';
import { remedyFor } from './lib/remedies.mjs';
import { firstLine, npmCommand, parallelBuildEnv, root, runStep, StepError } from './lib/run.mjs';
import { hasHeader, zstdEnv } from './lib/zstd.mjs';
import { isPatched, markPatched, patchSource } from './rdkafka-patch.mjs';

const rdkafka = join(root, 'node_modules/node-rdkafka');

/** Runs every step that is not done yet. Rejects with a `StepError`. */
export async function ensureSetup() {
  checkNode();
  await ensureDependencies();
  // It shows its own progress and reports its own errors.
  const exitCode = await runForeground([process.execPath, 'scripts/build-native.mjs']);
  if (exitCode !== 0) process.exit(exitCode);
  removeOutputsWithoutSource();
  await runStep('TypeScript', [process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
    remedy: () => 'correct the errors above',
  });
}

/** Runs part of a script; on failure reports what went wrong and ends the process. */
export async function exitOnStepError(run) {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof StepError)) throw error;
    console.error(`\n${error.message}`);
    process.exit(1);
  }
}

function checkNode() {
  const wanted = /\d+\.\d+/.exec(packageJson('package.json').engines.node)[0];
  if (olderThan(process.versions.node, wanted)) {
    throw new StepError('Node', `this is Node ${process.versions.node}`, `install Node ${wanted} or later`);
  }
}

/** The packages of package-lock.json, and node-rdkafka compiled. */
export async function ensureDependencies() {
  if (dependenciesMatch() && rdkafkaIsReady()) return;
  checkBuildTools();
  await ensureSources();
  if (rdkafkaIsReady()) return;
  const zstd = await zstdEnv(join(rdkafka, 'deps/zstd'));
  // node-rdkafka's own build is serial and fails under `make -j`. With librdkafka already built it does not.
  await runStep(
    'librdkafka',
    ['sh', '-c', `node util/configure && make -j${parallelBuildEnv.JOBS} -C deps/librdkafka libs`],
    {
      note: 'compiled once, takes a few minutes',
      cwd: rdkafka,
      env: zstd,
      remedy: remedyFor,
    },
  );
  await runStep('node-rdkafka', [...npmCommand(), 'rebuild', 'node-rdkafka', '--ignore-scripts=false'], {
    env: { ...parallelBuildEnv, ...localHeaders(), ...zstd },
    remedy: remedyFor,
  });
  markPatched(rdkafka);
  if (!rdkafkaIsReady()) {
    throw new StepError(
      'node-rdkafka',
      'it was built but cannot be loaded',
      `see what \`node -p "require('node-rdkafka')"\` says`,
    );
  }
}

/** The packages of package-lock.json, and node-rdkafka with our patches, which still has to be compiled. */
export async function ensureSources() {
  if (!dependenciesMatch()) {
    // The only install script we need is node-rdkafka's; onnxruntime-node's just fetches CUDA.
    const install = ['ci', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund'];
    await runStep('dependencies', [...npmCommand(), ...install], { remedy: remedyFor });
  }
  if (!patchSource(rdkafka)) {
    throw new StepError(
      'node-rdkafka',
      'its source is not the expected one',
      'rm -rf node_modules/node-rdkafka and try again, or see docs/adr/0016-a-patched-node-rdkafka.md',
    );
  }
}

/** Whether npm installed what package-lock.json says; npm keeps its own record in node_modules. */
function dependenciesMatch() {
  if (!existsSync(join(root, 'node_modules/.package-lock.json'))) return false;
  const installed = packageJson('node_modules/.package-lock.json').packages;
  return Object.entries(packageJson('package-lock.json').packages).every(([path, wanted]) => {
    if (path === '') return true;
    const found = installed[path];
    // A package for another platform is listed, but not installed.
    if (found === undefined) return wanted.optional === true;
    return (
      found.version === wanted.version && found.integrity === wanted.integrity && existsSync(join(root, path))
    );
  });
}

/** Whether node-rdkafka is built, with our patch, for this Node: loading it is the only reliable test. */
function rdkafkaIsReady() {
  return (
    isPatched(rdkafka) &&
    firstLine(process.execPath, ['-p', `require(${JSON.stringify(rdkafka)}).librdkafkaVersion`]) !== undefined
  );
}

/** Most Node installations have the headers next to the binary; then node-gyp need not fetch them. */
function localHeaders() {
  const prefix = dirname(dirname(process.execPath));
  return existsSync(join(prefix, 'include/node/node.h')) ? { npm_config_nodedir: prefix } : {};
}

/** node-gyp would also fail without these, but three minutes later and with three hundred lines of output. */
function checkBuildTools() {
  const tools = [
    ['a C++ compiler', [process.env.CXX ?? 'g++', 'c++', 'clang++'], 'g++'],
    ['make', [process.env.MAKE ?? 'make', 'gmake'], 'make'],
    ['python3', [process.env.PYTHON ?? 'python3', 'python'], 'python3'],
  ];
  const missing = tools.filter(
    ([, commands]) => !commands.some((command) => firstLine(command, ['--version'])),
  );
  // Without it librdkafka would be built, but could not read topics that are compressed with gzip.
  if (missing.length === 0 && !hasHeader('zlib.h')) missing.push(['zlib', [], 'zlib1g-dev']);
  if (missing.length === 0) return;
  throw new StepError(
    'dependencies',
    `${missing.map(([tool]) => tool).join(' and ')} not found; node-rdkafka and the native addon are compiled here`,
    process.platform === 'darwin'
      ? 'xcode-select --install'
      : `apt-get install ${missing.map(([, , aptName]) => aptName).join(' ')}`,
  );
}

/** tsc never deletes outputs: without this, a test whose source was removed would keep running. */
function removeOutputsWithoutSource() {
  for (const folder of ['src', 'test', 'benchmarking']) {
    const outputs = join(root, 'dist', folder);
    if (!existsSync(outputs)) continue;
    for (const name of readdirSync(outputs, { recursive: true })) {
      if (!name.endsWith('.js')) continue;
      const stem = name.slice(0, -'.js'.length);
      if (existsSync(join(root, folder, `${stem}.ts`))) continue;
      for (const ending of ['.js', '.js.map', '.d.ts']) rmSync(join(outputs, stem + ending), { force: true });
    }
  }
}

function olderThan(version, wanted) {
  const [major, minor] = version.split('.').map(Number);
  const [wantedMajor, wantedMinor] = wanted.split('.').map(Number);
  return major < wantedMajor || (major === wantedMajor && minor < wantedMinor);
}

function packageJson(path) {
  return JSON.parse(readFileSync(join(root, path), 'utf8'));
}

if (process.argv[1] === import.meta.filename) await exitOnStepError(ensureSetup);
