/**
 * `npm run former [COMMIT]`: builds a former version of this package in `.cache/former/`, for the tests and benchmarks
 * that run two versions in one group. Both use the same `node_modules`, librdkafka included. Needs the history of the
 * repository.
 *
 *   --if-there   without the history it is no failure: nothing is built, and the tests are skipped
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { firstLine, root, runStep, StepError } from './lib/run.mjs';
import { ensureDependencies, exitOnStepError } from './setup.mjs';

/** Before delayed retries, cascades, explanations and reloads of the configuration: 120 commits earlier. */
const FORMER = '45eeb185488c5f0d702ceb7549cb3bad0a08fabf';

const { values: options, positionals } = parseArgs({
  options: { 'if-there': { type: 'boolean', default: false } },
  allowPositionals: true,
});

await exitOnStepError(async () => {
  await ensureDependencies();
  const [wanted = FORMER] = positionals;
  const commit = firstLine('git', ['-C', root, 'rev-parse', '--verify', '--quiet', `${wanted}^{commit}`]);
  if (commit === undefined && options['if-there']) {
    console.log(`There is no commit ${wanted} here: what needs a former version is skipped.`);
    console.log('0 passed, 0 failed, 1 skipped');
    return;
  }
  if (commit === undefined) {
    const remedy = 'run it in a clone with its whole history (git fetch --unshallow), or name another commit';
    throw new StepError('former version', `there is no commit ${wanted} here`, remedy);
  }
  const home = join(root, '.cache/former', commit.slice(0, 12));
  const ready = join(home, 'former.json');
  if (!existsSync(ready)) await build(commit, home, ready);
  console.log(`The former version ${commit.slice(0, 12)} is built.`);
});

async function build(commit, home, ready) {
  rmSync(home, { recursive: true, force: true });
  mkdirSync(home, { recursive: true });
  const archive = spawnSync('git', ['-C', root, 'archive', commit], { maxBuffer: 2 ** 30 });
  const unpacked = spawnSync('tar', ['-x', '-C', home], { input: archive.stdout });
  if (archive.status !== 0 || unpacked.status !== 0)
    throw new StepError('former version', 'its files could not be unpacked', 'look whether git and tar work');
  symlinkSync(join(root, 'node_modules'), join(home, 'node_modules'));
  takeOurPatch(join(home, 'package.json'));
  writeFileSync(join(home, 'missing.d.ts'), declareMissing(join(home, 'package.json')));
  // Its tests are not needed.
  const config = { extends: './tsconfig.json', include: ['src', 'missing.d.ts'] };
  writeFileSync(join(home, 'tsconfig.former.json'), JSON.stringify(config));
  const options = { cwd: home, remedy: () => 'name another commit' };
  const tsc = 'node_modules/typescript/bin/tsc';
  await runStep('former version', [process.execPath, tsc, '-p', 'tsconfig.former.json'], options);
  const native = [process.execPath, 'scripts/build-native.mjs'];
  await runStep('its native addon', native, { ...options, note: 'takes some minutes' });
  const date = firstLine('git', ['-C', root, 'show', '-s', '--format=%cI', commit]);
  writeFileSync(ready, `${JSON.stringify({ commit, date })}\n`);
}

/** Optional packages that the present version does without. What needs them is loaded only when it is asked for. */
function declareMissing(file) {
  const { optionalDependencies = {} } = JSON.parse(readFileSync(file, 'utf8'));
  const missing = Object.keys(optionalDependencies).filter(
    (name) => !existsSync(join(root, 'node_modules', name)),
  );
  return missing.map((name) => `declare module '${name}';\n`).join('');
}

/** It would refuse a librdkafka with patches that came after it. */
function takeOurPatch(path) {
  const patchOf = (file) => JSON.parse(readFileSync(file, 'utf8')).config?.rdkafka_patch;
  const line = (patch) => `"rdkafka_patch": "${patch}"`;
  const ours = line(patchOf(join(root, 'package.json')));
  writeFileSync(path, readFileSync(path, 'utf8').replace(line(patchOf(path)), ours));
}
