/**
 * Compiles the C++ core and its tests with nothing but a compiler, and runs them. GoogleTest comes from its
 * installed sources or, on Debian and its relatives, from the package registry.
 */
import { execFile, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { runForeground } from './foreground.mjs';
import { remedyFor } from './remedies.mjs';
import { firstLine, root, StepError } from './run.mjs';

const execute = promisify(execFile);
const fetched = join(root, '.cache/googletest');

/** Exit code of the tests. Where GoogleTest cannot be had they count as skipped, with the reason. */
export async function runNativeTests({ sanitize }) {
  const googletest = findGoogleTest();
  if (googletest.reason !== undefined) {
    reportSkipped(googletest.reason);
    return 0;
  }
  const program = await compile(googletest.folder, sanitize);
  return runForeground([program], {
    env: {
      ASAN_OPTIONS: 'detect_leaks=1:strict_string_checks=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      KUBESENTIMENT_ROOT: root,
    },
  });
}

/** Compiles what changed, a few files at a time, and links. Returns the path of the program. */
async function compile(googletest, sanitize) {
  const compiler = process.env.CXX ?? (firstLine('c++', ['--version']) ? 'c++' : 'clang++');
  const folder = join(root, sanitize ? 'build-sanitize' : 'build-test');
  mkdirSync(folder, { recursive: true });
  const sanitizers = ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'];
  const common = ['-std=c++17', '-O1', '-g', '-fno-exceptions', '-pthread'];
  const flags = [...common, ...(sanitize ? sanitizers : [])];
  const includes = [`-I${join(root, 'native')}`, '-isystem', join(googletest, 'include')];
  const ours = [...coreSources(), ...sourcesIn('test/native')];
  const units = [
    ...ours.map((source) => ({ source, flags: ['-Wall', '-Wextra', '-Werror', ...includes] })),
    { source: join(googletest, 'src/gtest-all.cc'), flags: ['-w', `-I${googletest}`, ...includes] },
    { source: join(googletest, 'src/gtest_main.cc'), flags: ['-w', ...includes] },
  ].map((unit) => ({ ...unit, object: join(folder, `${basename(unit.source)}.o`) }));

  const headersAt = newest([
    ...sourcesIn('native', '.h'),
    ...sourcesIn('test/native', '.h'),
    import.meta.filename,
  ]);
  const stale = units.filter(({ source, object }) => {
    const changedAt = Math.max(statSync(source).mtimeMs, ours.includes(source) ? headersAt : 0);
    return !existsSync(object) || statSync(object).mtimeMs <= changedAt;
  });
  const worker = async () => {
    for (let unit = stale.shift(); unit !== undefined; unit = stale.shift()) {
      await run(compiler, [...flags, ...unit.flags, '-c', unit.source, '-o', unit.object]);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  const program = join(folder, 'native_tests');
  await run(compiler, [...flags, ...units.map((unit) => unit.object), '-o', program]);
  return program;
}

async function run(command, args) {
  try {
    await execute(command, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}`;
    const remedy = remedyFor(output) ?? 'correct the errors above';
    throw new StepError('native tests', output.trim() || error.message, remedy);
  }
}

/** Everything that is built but the edge to Node. */
function coreSources() {
  const list = readFileSync(join(root, 'native/sources.txt'), 'utf8').trim().split('\n');
  return list.filter((source) => !source.startsWith('native/node/')).map((source) => join(root, source));
}

function sourcesIn(folder, ending = '.cc') {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(root, folder, name));
}

function newest(paths) {
  return Math.max(...paths.map((path) => statSync(path).mtimeMs));
}

/** The folder with GoogleTest's `src` and `include`, or the reason why there is none. */
function findGoogleTest() {
  const inPackage = 'usr/src/googletest/googletest';
  const places = [process.env.GTEST_SOURCE_DIR, `/${inPackage}`, join(fetched, inPackage)];
  const hasSources = (folder) => folder !== undefined && existsSync(join(folder, 'src/gtest-all.cc'));
  const installed = places.find(hasSources);
  if (installed !== undefined) return { folder: installed };

  if (firstLine('apt-get', ['--version']) === undefined) {
    return { reason: 'no GoogleTest: install its sources, or set GTEST_SOURCE_DIR to their folder' };
  }
  mkdirSync(fetched, { recursive: true });
  spawnSync('apt-get', ['download', 'googletest'], { cwd: fetched, stdio: 'ignore' });
  const archive = readdirSync(fetched).find((name) => name.endsWith('.deb'));
  if (archive !== undefined) spawnSync('dpkg-deb', ['-x', archive, '.'], { cwd: fetched, stdio: 'ignore' });
  const folder = places.find(hasSources);
  return folder
    ? { folder }
    : { reason: 'no GoogleTest: `apt-get install googletest`, or set GTEST_SOURCE_DIR' };
}

/** In GoogleTest's own format, so that whoever counts its results counts this. */
function reportSkipped(reason) {
  console.log(`The native tests are skipped: ${reason}.`);
  const folder = /^json:(.+\/)$/.exec(process.env.GTEST_OUTPUT ?? '')?.[1];
  if (folder === undefined) return;
  const testsuite = [{ name: 'All', status: 'RUN', result: 'SKIPPED', skipped: [{ message: reason }] }];
  writeFileSync(
    join(folder, 'native_tests.json'),
    JSON.stringify({ testsuites: [{ name: 'Native', testsuite }] }),
  );
}
