/** Which versions of glibc a shared library needs, read from its symbols. */
import { execFileSync } from 'node:child_process';

/** The newest version of glibc among the symbols that the library at `path` takes from elsewhere, such as `2.28`. */
export function newestGlibc(path) {
  const symbols = execFileSync('objdump', ['-T', path], { encoding: 'utf8' });
  const versions = [...symbols.matchAll(/GLIBC_(\d+)\.(\d+)/g)].map(([, major, minor]) => [+major, +minor]);
  return versions
    .sort(([a, b], [c, d]) => a - c || b - d)
    .at(-1)
    ?.join('.');
}
