import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { remedyFor } from './remedies.mjs';
import { root, runStep } from './run.mjs';

/** The oldest glibc that what we ship may need: that of RHEL 8; Debian 11 and Ubuntu 20.04 have a newer one. */
export const GLIBC = '2.28';
/** Later versions have a C++ library that V8's headers of Node 20 do not compile with. */
const VERSION = '0.13.0';
/** This clang wants to be told of the long registers of AVX-512 apart, else no function may use them. */
const flags = { x64: ['-mevex512'], arm64: [] };

/**
 * zig as C and C++ compiler and as `ar`, fetched from PyPI if needed. It compiles for any target, links against the
 * given glibc whatever this machine has, and its C++ library becomes a part of what it builds. Rejects with a
 * `StepError`. `flags`: for our own sources.
 */
export async function zigTools({ arch, cpu, libc, platform }) {
  const folder = join(root, '.cache/zig', VERSION);
  const zig = join(folder, 'ziglang/zig');
  if (!existsSync(zig)) {
    const install = [
      '-m',
      'pip',
      'install',
      '--quiet',
      '--no-deps',
      '--target',
      folder,
      `ziglang==${VERSION}`,
    ];
    await runStep('zig', [process.env.PYTHON ?? 'python3', ...install], { remedy: remedyFor });
  }
  // Programs of one word, since the build of librdkafka puts them into make variables.
  const bin = join(folder, 'bin', platform);
  mkdirSync(bin, { recursive: true });
  const target = `-target ${cpu}-linux-${libc === 'musl' ? 'musl' : `gnu.${GLIBC}`}`;
  for (const [name, command] of [
    ['zig-cc', `cc ${target}`],
    ['zig-c++', `c++ ${target}`],
    ['zig-ar', 'ar'],
  ]) {
    writeFileSync(
      join(bin, name),
      `#!/bin/sh\nZIG_GLOBAL_CACHE_DIR="${folder}/cache" exec "${zig}" ${command} "$@"\n`,
    );
    chmodSync(join(bin, name), 0o755);
  }
  return {
    ...{ cc: 'zig-cc', cxx: 'zig-c++', ar: 'zig-ar', bin },
    flags: flags[arch],
    path: `${bin}:${process.env.PATH}`,
    description: `zig ${VERSION}, ${libc === 'musl' ? 'musl' : `glibc ${GLIBC}`}`,
  };
}
