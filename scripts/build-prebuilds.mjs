/**
 * Builds the addon for the npm package: `prebuilds/<platform>-<arch>/kubesentiment.node`, with the C++ library linked
 * in and without debug information. It uses a separate folder, so build/ is left alone. On Linux zig compiles it, which
 * links against an older glibc than this machine's.
 */
import { copyFileSync, cpSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { checkGlibc } from './lib/glibc.mjs';
import { root, runStep } from './lib/run.mjs';
import { zigTools } from './lib/zig.mjs';
import { ensureSources, exitOnStepError } from './setup.mjs';

const sources = ['native', 'scripts', 'CMakeLists.txt', 'binding.gyp', 'package.json'];

await exitOnStepError(async () => {
  await ensureSources();
  const folder = join(root, 'build-prebuilds');
  rmSync(folder, { recursive: true, force: true });
  for (const source of sources) cpSync(join(root, source), join(folder, source), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  await runStep('prebuilt addon', [process.execPath, join(folder, 'scripts/build-native.mjs')], {
    env: process.platform === 'linux' ? await compilers() : {},
    remedy: () => 'see what `npm run build:native` says',
  });

  const built = join(folder, 'build/Release/kubesentiment.node');
  const glibc = process.platform === 'linux' ? checkGlibc('prebuilt addon', built) : undefined;
  const path = join('prebuilds', `${process.platform}-${process.arch}`, 'kubesentiment.node');
  const target = join(root, path);
  mkdirSync(join(target, '..'), { recursive: true });
  copyFileSync(built, target);
  createRequire(import.meta.url)(target);
  const kib = Math.round(statSync(target).size / 1024);
  console.log(`${path}: ${kib} KiB${glibc === undefined ? '' : `, glibc ${glibc} or later`}`);
  rmSync(folder, { recursive: true });
});

async function compilers() {
  const { cc, cxx, ar, path } = await zigTools();
  return { PATH: path, CC: cc, CXX: cxx, AR: ar, LDFLAGS: '-Wl,--strip-debug' };
}
