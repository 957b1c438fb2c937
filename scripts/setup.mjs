/**
 * Brings a fresh clone to the point where everything runs, and sees within a second that there is nothing
 * to do. Plain Node without dependencies: it runs before there are any.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { remedyFor } from './lib/remedies.mjs';
import { firstLine, npmCommand, parallelBuildEnv, root, runStep, StepError } from './lib/run.mjs';

const librdkafkaNote = 'node-rdkafka compiles librdkafka, once, about 3 minutes on 2 cores';

/** Runs every step that is not done yet. Rejects with a `StepError`. */
export async function ensureSetup() {
  checkNode();
  await ensureDependencies();
  await runStep('native addon', [process.execPath, 'scripts/build-native.mjs'], {
    env: parallelBuildEnv,
    remedy: remedyFor,
  });
  removeOutputsWithoutSource();
  await runStep('TypeScript', [process.execPath, 'node_modules/typescript/bin/tsc', '-p', 'tsconfig.json'], {
    remedy: () => 'correct the errors above',
  });
}

/** Runs a part of a script; says what went wrong in it and ends the process. */
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

async function ensureDependencies() {
  const installed = dependenciesMatch();
  if (installed && rdkafkaLoads()) return;
  checkBuildTools();
  const [npm, ...npmArgs] = npmCommand();
  // onnxruntime-node's own script only fetches CUDA. npm 11 leaves it out (allowScripts), older ones do not.
  const env = { ...parallelBuildEnv, ONNXRUNTIME_NODE_INSTALL: 'skip' };
  if (!installed) {
    await runStep('dependencies', [npm, ...npmArgs, 'ci', '--include=dev', '--no-audit', '--no-fund'], {
      note: librdkafkaNote,
      env,
      remedy: remedyFor,
    });
  }
  if (rdkafkaLoads()) return;
  // Another Node version compiled it, or npm was told not to run install scripts.
  await runStep('node-rdkafka', [npm, ...npmArgs, 'rebuild', 'node-rdkafka', '--ignore-scripts=false'], {
    note: librdkafkaNote,
    env,
    remedy: remedyFor,
  });
  if (!rdkafkaLoads()) {
    throw new StepError(
      'node-rdkafka',
      'it was built but cannot be loaded',
      `try: node -e "require('node-rdkafka')"`,
    );
  }
}

/** Whether npm installed what package-lock.json says; npm keeps its own account in node_modules. */
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

/** Whether node-rdkafka is built for this Node. Loading it is the one sure test; in a process of its own. */
function rdkafkaLoads() {
  const path = JSON.stringify(join(root, 'node_modules/node-rdkafka'));
  return firstLine(process.execPath, ['-p', `require(${path}).librdkafkaVersion`]) !== undefined;
}

/** node-gyp would also fail without these, but three minutes later and in three hundred lines. */
function checkBuildTools() {
  const tools = [
    ['a C++ compiler', [process.env.CXX ?? 'g++', 'c++', 'clang++'], 'g++'],
    ['make', [process.env.MAKE ?? 'make', 'gmake'], 'make'],
    ['python3', [process.env.PYTHON ?? 'python3', 'python'], 'python3'],
  ];
  const missing = tools.filter(
    ([, commands]) => !commands.some((command) => firstLine(command, ['--version'])),
  );
  if (missing.length === 0) return;
  throw new StepError(
    'dependencies',
    `${missing.map(([tool]) => tool).join(' and ')} not found; node-rdkafka and the native addon are compiled here`,
    process.platform === 'darwin'
      ? 'xcode-select --install'
      : `apt-get install ${missing.map(([, , aptName]) => aptName).join(' ')}`,
  );
}

/** tsc never deletes: without this a test whose source is gone would run on. */
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
