/**
 * Builds the addon for the npm package: `prebuilds/<platform>-<arch>/kubesentiment.node`, with the C++ library linked
 * in and without debug information. It uses a separate folder, so build/ is left alone. On Linux it runs with the
 * printed version of glibc or later: release it from the oldest system.
 */
import { copyFileSync, cpSync, mkdirSync, rmSync, statSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { newestGlibc } from './lib/glibc.mjs';
import { root, runStep } from './lib/run.mjs';
import { exitOnStepError } from './setup.mjs';

const sources = ['native', 'scripts', 'CMakeLists.txt', 'binding.gyp', 'package.json'];
const isLinux = process.platform === 'linux';

await exitOnStepError(async () => {
  const folder = join(root, 'build-prebuilds');
  rmSync(folder, { recursive: true, force: true });
  for (const source of sources) cpSync(join(root, source), join(folder, source), { recursive: true });
  symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'));
  await runStep('prebuilt addon', [process.execPath, join(folder, 'scripts/build-native.mjs')], {
    env: isLinux ? { LDFLAGS: '-static-libstdc++ -static-libgcc -Wl,--strip-debug' } : {},
    remedy: () => 'see what `npm run build:native` says',
  });

  const path = join('prebuilds', `${process.platform}-${process.arch}`, 'kubesentiment.node');
  const target = join(root, path);
  mkdirSync(join(target, '..'), { recursive: true });
  copyFileSync(join(folder, 'build/Release/kubesentiment.node'), target);
  createRequire(import.meta.url)(target);
  const kib = Math.round(statSync(target).size / 1024);
  console.log(`${path}: ${kib} KiB${isLinux ? `, glibc ${newestGlibc(target)} or later` : ''}`);
  rmSync(folder, { recursive: true });
});
