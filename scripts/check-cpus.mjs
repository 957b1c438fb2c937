/**
 * What must hold on CPUs that this machine does not have, run by QEMU: the native tests and the package on x64 without
 * AVX and on arm64, and the unit and pipeline tests on arm64. A machine that is one of these runs its part itself.
 * Besides, with another compiler: the native tests with musl, and whether the addon compiles for macOS and Windows. The
 * last line is `N passed, N failed, N skipped`.
 *
 *   npm run check:cpus                       everything
 *   npm run check:cpus -- --only 'native'    the checks with such a name
 *   npm run check:cpus -- --unit test/unit/decode   of the unit and pipeline tests only these files and folders
 *
 * The checks of the package use the bindings in `prebuilds/`, for both architectures: `npm run build:prebuilds` and
 * `npm run build:rdkafka -- --all`, each also with `--arch`.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkEmulatedPackage } from './lib/emulated-package.mjs';
import { checkEmulatedUnits } from './lib/emulated-units.mjs';
import { emulator } from './lib/emulator.mjs';
import { runNativeTests } from './lib/native-tests.mjs';
import { Checks, expect } from './lib/package-checks.mjs';
import { targetOf } from './lib/target.mjs';
import { checkOtherSystems } from './lib/other-systems.mjs';
import { zigTools } from './lib/zig.mjs';
import { exitOnStepError } from './setup.mjs';

const { values } = parseArgs({
  options: { only: { type: 'string', default: '' }, unit: { type: 'string', multiple: true } },
});
/** The first CPU of the architecture, and one with AVX2; QEMU has no AVX-512. */
const nativeRows = [
  { name: 'native tests, x64 without AVX', arch: 'x64', model: 'qemu64', cpuPath: 'baseline' },
  { name: 'native tests, x64 with AVX2', arch: 'x64', model: 'Haswell', cpuPath: 'avx2' },
  { name: 'native tests, arm64', arch: 'arm64', cpuPath: 'neon' },
  { name: 'native tests, x64 with musl', arch: 'x64', libc: 'musl' },
];

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-cpus-'));
const checks = new Checks(new RegExp(values.only));
try {
  await exitOnStepError(async () => {
    for (const row of nativeRows) await checks.check(row.name, () => runNative(row));
    await checkOtherSystems(checks);
    const packed = await checkEmulatedPackage(checks, folder);
    await checkEmulatedUnits(checks, packed, values.unit);
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exitCode = checks.report() ? 0 : 1;

/** For this architecture with the compiler, and the folder, of `npm test -- native`. */
async function runNative({ arch, libc, model, cpuPath }) {
  const target = targetOf(arch, libc);
  const exitCode = await runNativeTests({
    build: target.isHere ? undefined : await crossBuild(target),
    command: await emulator(target, model),
    cpuPath,
  });
  expect(exitCode === 0, `exit code ${exitCode}`);
}

async function crossBuild(target) {
  const { bin, cxx, flags } = await zigTools(target);
  return { compiler: join(bin, cxx), flags, name: `zig-${target.platform}` };
}
