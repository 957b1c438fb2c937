/** Which version of glibc a shared library needs, read from its symbols. */
import { execFileSync } from 'node:child_process';
import { StepError } from './run.mjs';
import { GLIBC } from './zig.mjs';

/** The newest version of glibc among the symbols that the library at `path` takes from elsewhere, such as `2.28`. */
export function newestGlibc(path) {
  // Unlike objdump, it reads files for any CPU.
  const symbols = execFileSync('readelf', ['--dyn-syms', '--wide', path], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  const versions = [...symbols.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [+major, +minor]);
  return versions
    .sort(([a, b], [c, d]) => a - c || b - d)
    .at(-1)
    ?.join('.');
}

/** The same. Throws a `StepError` if a machine with the oldest glibc that we support could not load the library. */
export function checkGlibc(step, path) {
  const glibc = newestGlibc(path);
  if (glibc !== undefined && Number(glibc.split('.')[1]) > Number(GLIBC.split('.')[1])) {
    throw new StepError(
      step,
      `${path} needs glibc ${glibc}, more than ${GLIBC}`,
      `see which symbols: readelf --dyn-syms --wide ${path}`,
    );
  }
  return glibc;
}
