/** Compiles C++ with just a compiler, and only what changed: for tests, fuzz targets and benchmarks. */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { remedyFor } from './remedies.mjs';
import { firstLine, parallelBuildEnv, root, StepError } from './run.mjs';

const execute = promisify(execFile);

/** The compiler named by CXX, or the system's. */
export function systemCompiler() {
  return process.env.CXX ?? (firstLine('c++', ['--version']) ? 'c++' : 'clang++');
}

/**
 * Compiles the sources that are newer than their objects, a few at a time, and links. Returns the path of the
 * program. Our own sources are recompiled when any header changes, and must compile without warnings.
 *
 * @param {{ step: string, compiler: string, folder: string, name: string, flags: string[],
 *   link?: string[], units: { source: string, flags?: string[], foreign?: boolean }[] }} program `folder` from the
 *   root; `link`: flags of the last step, instead of `flags`
 */
export async function compileProgram({ name, link, ...program }) {
  const objects = await compileObjects(program);
  const path = join(root, program.folder, name);
  await run(program.step, program.compiler, [...(link ?? program.flags), ...objects, '-o', path]);
  return path;
}

/** The same without the last step. Returns the paths of the objects. */
export async function compileObjects({ step, compiler, folder, flags, units }) {
  mkdirSync(join(root, folder), { recursive: true });
  const headersAt = newest([
    ...sourcesIn('native', '.h'),
    ...sourcesIn('test/native', '.h'),
    ...sourcesIn('test/fuzz', '.h'),
    import.meta.filename,
  ]);
  const strict = ['-Wall', '-Wextra', '-Werror', `-I${join(root, 'native')}`];
  const objects = [];
  const stale = [];
  for (const unit of units) {
    const object = join(root, folder, `${basename(unit.source)}.o`);
    objects.push(object);
    const changedAt = Math.max(statSync(unit.source).mtimeMs, unit.foreign ? 0 : headersAt);
    const isFresh = existsSync(object) && statSync(object).mtimeMs > changedAt;
    if (!isFresh) stale.push({ ...unit, object });
  }
  const worker = async () => {
    for (let unit = stale.shift(); unit !== undefined; unit = stale.shift()) {
      const unitFlags = [...(unit.foreign ? ['-w'] : strict), ...(unit.flags ?? [])];
      await run(step, compiler, [...flags, ...unitFlags, '-c', unit.source, '-o', unit.object]);
    }
  };
  await Promise.all(Array.from({ length: Number(parallelBuildEnv.JOBS) }, worker));
  return objects;
}

/** Everything that is built. */
export function addonSources() {
  const list = readFileSync(join(root, 'native/sources.txt'), 'utf8').trim().split('\n');
  return list.map((source) => join(root, source));
}

/** The same, except the Node bindings. */
export function coreSources() {
  return addonSources().filter((source) => !source.startsWith(join(root, 'native/node/')));
}

export function sourcesIn(folder, ending = '.cc') {
  return readdirSync(join(root, folder))
    .filter((name) => name.endsWith(ending))
    .map((name) => join(root, folder, name));
}

async function run(step, command, args) {
  try {
    await execute(command, args, { cwd: root, maxBuffer: 64 * 1024 * 1024 });
  } catch (error) {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}`;
    const remedy = remedyFor(output) ?? 'correct the errors above';
    throw new StepError(step, output.trim() || error.message, remedy);
  }
}

function newest(paths) {
  return Math.max(...paths.map((path) => statSync(path).mtimeMs));
}
