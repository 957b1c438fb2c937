/**
 * Builds the addon for the npm package: `prebuilds/<platform>-<arch>/kubesentiment.node`, with the C++ library linked
 * in and without debug information.
 *
 *   npm run build:prebuilds                   for this machine
 *   npm run build:prebuilds -- --arch arm64   for the other architecture
 *   npm run build:prebuilds -- --libc musl    for Alpine: not for the package, since ONNX Runtime is not for it
 *
 * zig compiles (ADR 0030), so the addon runs with the oldest glibc that the package is for, whatever this machine has.
 * On macOS and Windows, which no release has been made for, it copies what `npm run build:native` has built.
 */
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildAddon } from './lib/addon-build.mjs';
import { checkGlibc } from './lib/glibc.mjs';
import { prebuildOnnxRuntime } from './lib/onnx-runtime.mjs';
import { ADDON } from './lib/package-bindings.mjs';
import { root, runStep } from './lib/run.mjs';
import { targetOf } from './lib/target.mjs';
import { exitOnStepError } from './setup.mjs';

const { values } = parseArgs({
  options: { arch: { type: 'string', default: process.arch }, libc: { type: 'string' } },
});

await exitOnStepError(async () => {
  if (process.platform !== 'linux') return publish(await compiledHere(), `${process.platform}-${process.arch}`);
  const target = targetOf(values.arch, values.libc);
  const built = await buildAddon(target);
  publish(built, target.platform, target);
  if (target.isHere) createRequire(import.meta.url)(join(root, 'prebuilds', target.platform, ADDON));
  if (target.libc === 'glibc') await prebuildOnnxRuntime(target);
});

/** Puts the addon into the folder of its platform, and says what it needs. */
function publish(built, platform, target) {
  const path = join('prebuilds', platform, ADDON);
  mkdirSync(join(root, dirname(path)), { recursive: true });
  copyFileSync(built, join(root, path));
  const needs = { glibc: () => `, glibc ${checkGlibc('prebuilt addon', built)} or later`, musl: () => ', musl' };
  console.log(`${path}: ${Math.round(statSync(built).size / 1024)} KiB${needs[target?.libc]?.() ?? ''}`);
}

async function compiledHere() {
  await runStep('native addon', [process.execPath, join(root, 'scripts/build-native.mjs')], {
    remedy: () => 'see what `npm run build:native` says',
  });
  return join(root, 'build/Release/kubesentiment.node');
}
