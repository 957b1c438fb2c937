/**
 * Patches node-rdkafka 3.6.1 and its librdkafka before they are compiled; docs/adr/0016-a-patched-node-rdkafka.md
 * says why. The patches are next to this file. The set-up of a clone runs it; if kubesentiment was installed by npm,
 * run `node node_modules/kubesentiment/scripts/rdkafka-patch.mjs`. Plain Node without dependencies.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const patchFolder = join(import.meta.dirname, 'rdkafka-patch');
/** The number of the changes as a whole. src/kafka/rdkafka-module.ts reads the same line. */
export const wantedPatch = () =>
  JSON.parse(readFileSync(join(import.meta.dirname, '../package.json'), 'utf8')).config.rdkafka_patch;

/** A file next to the binding, so it disappears when someone recompiles without the changes. */
export const MARKER = 'kubesentiment-patched';

/** The number of the changes that the binding in the folder `place` was compiled with; undefined without any. */
export function patchOf(place) {
  const marker = join(place, MARKER);
  return existsSync(marker) ? readFileSync(marker, 'utf8').trim() : undefined;
}

const releaseOf = (folder) => join(folder, 'build/Release');

/** Whether the compiled binding in `folder` has the changes. */
export const isPatched = (folder) => patchOf(releaseOf(folder)) === wantedPatch();

/** Patches the source in `folder`. Returns false, without changing anything, if it is not the expected source. */
export function patchSource(folder) {
  const changed = patchedFiles(folder);
  if (changed === undefined) return false;
  for (const [path, lines] of changed) {
    const text = lines.join('\n');
    // make goes by modification times.
    if (readFileSync(join(folder, path), 'utf8') === text) continue;
    writeFileSync(join(folder, path), text);
    // node-gyp does not configure librdkafka again as long as this is there.
    if (path.endsWith('configure.self')) rmSync(join(folder, 'deps/librdkafka/config.h'), { force: true });
  }
  return true;
}

/** Call after compiling the patched source. */
export function markPatched(folder) {
  writeFileSync(join(releaseOf(folder), MARKER), `${wantedPatch()}\n`);
}

/** Path → lines, with all patches. An older version of this program may have applied the first of them. */
function patchedFiles(folder) {
  const patches = readdirSync(patchFolder).sort().map(readPatch);
  for (let applied = patches.length; applied >= 0; applied--) {
    const files = new Map();
    const steps = [...patches.slice(0, applied).reverse().map(inverse), ...patches];
    if (steps.every((parts) => parts.every((part) => applyTo(files, folder, part)))) return files;
  }
  return undefined;
}

/** A unified diff: the hunks of each file, each with its start line before and after, and both texts. */
function readPatch(name) {
  const parts = [];
  let hunk;
  for (const line of readFileSync(join(patchFolder, name), 'utf8').trimEnd().split('\n')) {
    const file = /^\+\+\+ b\/(.*)$/.exec(line);
    const place = /^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@/.exec(line);
    if (file !== null) {
      parts.push({ path: file[1], hunks: [] });
      hunk = undefined;
    } else if (place !== null) {
      hunk = { at: Number(place[1]), before: [], atAfter: Number(place[2]), after: [] };
      parts.at(-1).hunks.push(hunk);
    } else if (line.startsWith('--- a/')) {
      hunk = undefined;
    } else if (hunk !== undefined) {
      if (!line.startsWith('+')) hunk.before.push(line.slice(1));
      if (!line.startsWith('-')) hunk.after.push(line.slice(1));
    }
  }
  return parts;
}

function inverse(parts) {
  return parts.map(({ path, hunks }) => ({
    path,
    hunks: hunks.map(({ at, before, atAfter, after }) => ({
      at: atAfter,
      before: after,
      atAfter: at,
      after: before,
    })),
  }));
}

/** Every line of a hunk must be at its expected position. Works from the end, so earlier positions stay valid. */
function applyTo(files, folder, { path, hunks }) {
  const file = join(folder, path);
  if (!files.has(path)) {
    if (!existsSync(file)) return false;
    files.set(path, readFileSync(file, 'utf8').split('\n'));
  }
  const lines = files.get(path);
  for (const { at, before, after } of hunks.toReversed()) {
    if (before.some((line, index) => lines[at - 1 + index]?.trimEnd() !== line.trimEnd())) return false;
    lines.splice(at - 1, before.length, ...after);
  }
  return true;
}

function installedFolder() {
  try {
    return dirname(createRequire(import.meta.url).resolve('node-rdkafka/package.json'));
  } catch {
    return undefined;
  }
}

/** Patches and compiles the node-rdkafka that this package uses. Returns the exit code. */
function main() {
  const folder = installedFolder();
  if (folder === undefined) {
    console.error(
      'No node-rdkafka is installed. Run "npm install node-rdkafka@3.6.1 --ignore-scripts" first.',
    );
    return 1;
  }
  if (isPatched(folder)) {
    console.log('node-rdkafka is already patched.');
    return 0;
  }
  if (!patchSource(folder)) {
    console.error(
      'This node-rdkafka is not the version that the patches were written for (3.6.1). Nothing was changed. ' +
        'If it is 3.6.1, remove it and install it again.',
    );
    return 1;
  }
  console.log('Recompiling node-rdkafka; this takes a few minutes.');
  const args = ['rebuild', 'node-rdkafka', '--ignore-scripts=false'];
  const { status } = spawnSync('npm', args, { cwd: dirname(dirname(folder)), stdio: 'inherit' });
  if (status === 0) markPatched(folder);
  return status ?? 1;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename)
  process.exit(main());
