/**
 * Compiles the C++ core and its tests with just a compiler, and runs them. GoogleTest comes from its installed
 * sources or, on Debian and its derivatives, from the package registry.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { compileProgram, coreSources, sourcesIn, systemCompiler } from './compile-native.mjs';
import { runForeground } from './foreground.mjs';
import { firstLine, root } from './run.mjs';

const fetched = join(root, '.cache/googletest');

/** The compiler's names for each kind of sanitizer. */
const sanitizerFlags = {
  memory: ['-fsanitize=address,undefined', '-fno-sanitize-recover=all', '-fno-omit-frame-pointer'],
  threads: ['-fsanitize=thread', '-fno-omit-frame-pointer'],
};

/**
 * `filter`: GoogleTest filter; runs only these tests; `build`: with another compiler, into a folder with this name;
 * `command`: what runs the program, an emulator; `cpuPath`: the CPU path that must be in use.
 *
 * @param {{ sanitizer?: 'memory' | 'threads', filter?: string, command?: string[], cpuPath?: string,
 *   build?: { compiler: string, flags: string[], name: string } }} options
 * @returns exit code of the tests. Without GoogleTest they count as skipped, with the reason.
 */
export async function runNativeTests({ sanitizer, filter = '*', build, command = [], cpuPath }) {
  const googletest = findGoogleTest();
  if (googletest.reason !== undefined) {
    reportSkipped(googletest.reason);
    return 0;
  }
  const program = await compile(googletest.folder, sanitizer, build);
  return runForeground([...command, program, `--gtest_filter=${filter}`], {
    env: {
      ASAN_OPTIONS: 'detect_leaks=1:strict_string_checks=1',
      UBSAN_OPTIONS: 'print_stacktrace=1',
      TSAN_OPTIONS: 'halt_on_error=1',
      KUBESENTIMENT_ROOT: root,
      ...(cpuPath === undefined ? {} : { KUBESENTIMENT_TEST_CPU_PATH: cpuPath }),
    },
  });
}

/** Returns the path of the program. */
function compile(googletest, sanitizer, build) {
  const include = ['-isystem', join(googletest, 'include')];
  return compileProgram({
    step: 'native tests',
    compiler: build?.compiler ?? systemCompiler(),
    folder: ['build-test', build?.name ?? sanitizer].filter((part) => part !== undefined).join('-'),
    name: 'native_tests',
    flags: ['-std=c++17', '-O1', '-g', '-fno-exceptions', '-pthread'].concat(
      sanitizerFlags[sanitizer] ?? [],
      build?.flags ?? [],
    ),
    // With the C++ library that zig has compiled for the bindings already.
    ...(build === undefined ? {} : { link: ['-s', '-fPIC'] }),
    units: [
      ...coreSources().map((source) => ({ source })),
      ...sourcesIn('test/native').map((source) => ({ source, flags: include })),
      ...['gtest-all.cc', 'gtest_main.cc'].map((name) => ({
        source: join(googletest, 'src', name),
        flags: [`-I${googletest}`, ...include],
        foreign: true,
      })),
    ],
  });
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

/** In GoogleTest's own output format, so tools that count its results count this too. */
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
