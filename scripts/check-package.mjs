/**
 * Packs the package and does with it what users do, with nothing but Node on the PATH: no compiler, no Python. After
 * each step the client of Kafka must be ours, with our patches, and must work. The package carries the bindings in
 * `prebuilds/`, otherwise the one that the set-up has compiled. The last line is `N passed, N failed, N skipped`.
 *
 *   npm run check:package                    the package for this machine
 *   npm run check:package -- FILE            a tarball made before
 *   npm run check:package -- --only 'yarn'   the checks with such a name, and the installation by npm
 *   npm run check:package -- --json FILE     a report
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { writeReport } from './lib/check-report.mjs';
import { fetchNode } from './lib/fetch-node.mjs';
import { Checks } from './lib/package-checks.mjs';
import { checkFromNothing } from './lib/package-from-nothing.mjs';
import { checkManifest } from './lib/package-manifest.mjs';
import { checkManagers } from './lib/package-managers.mjs';
import { checkUse } from './lib/package-use.mjs';
import { packPackage } from './pack.mjs';
import { exitOnStepError } from './setup.mjs';

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-package-'));
const { values, positionals } = parseArgs({
  options: { only: { type: 'string', default: '' }, json: { type: 'string' } },
  allowPositionals: true,
});
const checks = new Checks(new RegExp(values.only));
try {
  await exitOnStepError(async () => {
    const tarball = positionals[0] === undefined ? pack() : resolve(positionals[0]);
    const project = (name) => {
      mkdirSync(join(folder, name));
      return join(folder, name);
    };
    const place = { tarball, node: fetchNode, project, cache: project('cache') };
    await checkManifest(checks, place);
    await checkFromNothing(checks, place);
    const installed = await checkManagers(checks, place);
    await checkUse(checks, { ...place, installed });
  });
} finally {
  rmSync(folder, { recursive: true, force: true });
  if (values.json !== undefined) await writeReport(values.json, 'npm run check:package', checks.rows);
}
process.exitCode = checks.report() ? 0 : 1;

function pack() {
  const startedAt = performance.now();
  const { path, size, unpackedSize, files, notes } = packPackage({ folder: join(folder, 'pack') });
  const [packed, unpacked] = [size, unpackedSize].map((bytes) => (bytes / 1e6).toFixed(1));
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  console.log(`${files.length} files, ${packed} MB, unpacked ${unpacked} MB, packed in ${seconds} s`);
  for (const note of notes) console.log(note);
  return path;
}
