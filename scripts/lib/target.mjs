/** What is built for: Linux with glibc or musl, on this architecture or, cross-compiled, on the other one. */
import { StepError } from './run.mjs';

/** Node's name of an architecture → the compilers' and Debian's. */
const architectures = {
  x64: { cpu: 'x86_64', debian: 'amd64' },
  arm64: { cpu: 'aarch64', debian: 'arm64' },
};
const libraries = ['glibc', 'musl'];

/**
 * Throws a `StepError` where nothing can be built for it.
 *
 * @returns {{ arch: string, libc: string, platform: string, cpu: string, debian: string, isHere: boolean }} `platform`:
 *   the name of its folder in `prebuilds/`; `isHere`: this machine runs it without an emulator
 */
export function targetOf(arch = process.arch, libc = 'glibc') {
  const names = architectures[arch];
  if (process.platform !== 'linux' || names === undefined || !libraries.includes(libc)) {
    throw new StepError(
      'target',
      `nothing can be built here for ${process.platform} ${arch} with ${libc}`,
      `build on Linux, with --arch ${Object.keys(architectures).join(' or ')}`,
    );
  }
  const platform = `linux-${arch}${libc === 'musl' ? '-musl' : ''}`;
  return { arch, libc, platform, ...names, isHere: arch === process.arch && libc === 'glibc' };
}
