/**
 * What must hold on CPUs that this machine does not have, run by QEMU: the native tests and the package on x64 without
 * AVX and on arm64, and on arm64 the service beside a real Kafka, the unit and the pipeline tests. A machine that is
 * one of these runs its part itself. Besides, with another compiler: the native tests with musl, and whether the addon
 * compiles for macOS and Windows. The last line is `N passed, N failed, N skipped`.
 *
 *   npm run check:cpus                       everything
 *   npm run check:cpus -- --only 'native'    the checks with such a name
 *   npm run check:cpus -- --unit test/unit/decode   of the unit and pipeline tests only these files and folders
 *   npm run check:cpus -- --progress FILE    unit and pipeline tests go on where they stopped
 *   npm run check:cpus -- --json FILE        a report; what was checked before stays in it
 *   npm run check:cpus -- FILE               with a package made before
 *
 * The checks of the package use the bindings in `prebuilds/`, for both architectures: `npm run build:prebuilds` and
 * `npm run build:rdkafka -- --all`, each also with `--arch`.
 */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prebuiltParts, writeReport } from './lib/check-report.mjs';
import { checkEmulatedPackage, installPackage } from './lib/emulated-package.mjs';
import { checkEmulatedService } from './lib/emulated-service.mjs';
import { checkEmulatedUnits } from './lib/emulated-units.mjs';
import { emulator } from './lib/emulator.mjs';
import { runNativeTests } from './lib/native-tests.mjs';
import { Checks, expect } from './lib/package-checks.mjs';
import { firstLine } from './lib/run.mjs';
import { targetOf } from './lib/target.mjs';
import { checkOtherSystems } from './lib/other-systems.mjs';
import { zigTools } from './lib/zig.mjs';
import { exitOnStepError } from './setup.mjs';

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    only: { type: 'string', default: '' },
    unit: { type: 'string', multiple: true },
    progress: { type: 'string' },
    json: { type: 'string' },
  },
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
    let installed;
    const project = () => {
      installed ??= installPackage(folder, positionals[0]);
      return installed;
    };
    await checkEmulatedPackage(checks, project);
    await checkEmulatedService(checks, project);
    await checkEmulatedUnits(checks, { only: values.unit, progress: values.progress });
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
  if (values.json !== undefined) {
    const [qemu] = await emulator(targetOf(), 'max');
    const facts = { qemu: firstLine(qemu, ['--version']), prebuilds: prebuiltParts() };
    await writeReport(values.json, 'npm run check:cpus', checks.rows, facts);
  }
}
process.exitCode = checks.report() ? 0 : 1;

/** For this architecture with the compiler, and the folder, of `npm test -- native`. */
async function runNative({ arch, libc, model, cpuPath }) {
  const target = targetOf(arch, libc);
  process.env.GTEST_OUTPUT = `json:${folder}/`;
  const exitCode = await runNativeTests({
    build: target.isHere ? undefined : await crossBuild(target),
    command: await emulator(target, model),
    cpuPath,
  });
  expect(exitCode === 0, `exit code ${exitCode}`);
  const { tests } = JSON.parse(readFileSync(join(folder, 'native_tests.json'), 'utf8'));
  return { tests, cpu_path: cpuPath };
}

async function crossBuild(target) {
  const { bin, cxx, flags } = await zigTools(target);
  return { compiler: join(bin, cxx), flags, name: `zig-${target.platform}` };
}
