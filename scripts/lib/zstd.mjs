/** zstd for librdkafka: of the machine where it has it, otherwise compiled from the sources in an npm package. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parallelBuildEnv, root, runStep } from './run.mjs';
import { remedyFor } from './remedies.mjs';

/** Only its C sources are used; its install script is never run. */
export const zstdSources = join(root, 'node_modules/zstd-napi/deps/zstd/lib');
/**
 * The library becomes a part of librdkafka's: so its code may be placed anywhere, and its names are not exported, since
 * newer versions of Node have a zstd of their own.
 */
const flags =
  '-O2 -fPIC -fvisibility=hidden -DXXH_NAMESPACE=ZSTD_ -DZSTDLIB_VISIBLE= -DZSTDERRORLIB_VISIBLE=';
const compile = [
  `ls ${zstdSources}/*/*.c ${zstdSources}/*/*.S | xargs -n 1 -P ${parallelBuildEnv.JOBS} "$CC" -c ${flags}`,
  '"$AR" rcs libzstd.a *.o',
  'rm *.o',
].join(' && ');

/** Whether a C program finds this header. */
export function hasHeader(name) {
  const input = `#include <${name}>\n`;
  return (
    spawnSync(compiler(), ['-E', '-x', 'c', '-'], { input, stdio: ['pipe', 'ignore', 'ignore'] }).status === 0
  );
}

/** Environment in which a C compiler finds zstd. `folder` gets the library, if it has to be made. */
export async function zstdEnv(folder) {
  if (hasHeader('zstd.h')) return {};
  if (!existsSync(join(folder, 'libzstd.a')))
    await buildZstd(folder, { CC: compiler(), AR: process.env.AR ?? 'ar' });
  return { CPATH: joined(zstdSources, 'CPATH'), LIBRARY_PATH: joined(folder, 'LIBRARY_PATH') };
}

/** Writes `folder/libzstd.a` with the compiler that `env` names. */
export async function buildZstd(folder, env) {
  const command = ['sh', '-c', `mkdir -p ${folder} && cd ${folder} && ${compile}`];
  await runStep('zstd', command, { env, remedy: remedyFor });
}

const compiler = () => process.env.CC ?? 'cc';

function joined(folder, name) {
  return [folder, process.env[name]].filter((part) => part).join(':');
}
