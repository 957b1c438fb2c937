/**
 * Builds the addon for the npm package: `prebuilds/<platform>-<arch>/kubesentiment.node`, with the C++ library linked
 * in and without debug information.
 *
 *   npm run build:prebuilds                   for this machine
 *   npm run build:prebuilds -- --arch arm64   for the other architecture
 *
 * zig compiles (ADR 0030), so the addon runs with the oldest glibc that the package is for, whatever this machine has.
 * On macOS and Windows, which no release has been made for, it copies what `npm run build:native` has built.
 */
import { copyFileSync, mkdirSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { addonSources, compileProgram } from './lib/compile-native.mjs';
import { fetchNode } from './lib/fetch-node.mjs';
import { checkGlibc } from './lib/glibc.mjs';
import { nodeOfAbi } from './lib/package-bindings.mjs';
import { root, runStep } from './lib/run.mjs';
import { targetOf } from './lib/target.mjs';
import { zigTools } from './lib/zig.mjs';
import { exitOnStepError } from './setup.mjs';

const { values } = parseArgs({ options: { arch: { type: 'string', default: process.arch } } });

await exitOnStepError(async () => {
  const path = join('prebuilds', `${process.platform}-${values.arch}`, 'kubesentiment.node');
  const built = process.platform === 'linux' ? await crossCompiled(targetOf(values.arch)) : await compiledHere();
  mkdirSync(join(root, dirname(path)), { recursive: true });
  copyFileSync(built, join(root, path));
  if (values.arch === process.arch) createRequire(import.meta.url)(join(root, path));
  const glibc = process.platform === 'linux' ? `, glibc ${checkGlibc('prebuilt addon', built)} or later` : '';
  console.log(`${path}: ${Math.round(statSync(built).size / 1024)} KiB${glibc}`);
});

/** With the flags of binding.gyp. The headers of every Node that we support are the same for Node-API 8. */
async function crossCompiled(target) {
  const { cxx, bin, flags } = await zigTools(target);
  const node = await fetchNode(Object.values(nodeOfAbi)[0]);
  const defines = ['NAPI_VERSION=8', 'NAPI_DISABLE_CPP_EXCEPTIONS', 'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS'];
  const includes = [join(node, '../../include/node'), join(root, 'node_modules/node-addon-api')];
  return compileProgram({
    step: `prebuilt addon for ${target.arch}`,
    compiler: join(bin, cxx),
    folder: `build-prebuilds/${target.arch}`,
    name: 'kubesentiment.node',
    flags: [
      ...['-std=c++17', '-O3', '-fPIC', '-fvisibility=hidden', '-fno-exceptions', '-fno-rtti', '-pthread'],
      // The same bytes from every folder.
      ...[`-ffile-prefix-map=${root}=.`, ...flags],
    ],
    link: ['-O3', '-shared', '-s', '-Wl,-z,undefs', '-Wl,--gc-sections'],
    units: addonSources().map((source) => ({
      source,
      flags: [
        ...defines.map((define) => `-D${define}`),
        ...includes.flatMap((folder) => ['-isystem', folder]),
        '-ffunction-sections',
      ],
    })),
  });
}

async function compiledHere() {
  await runStep('native addon', [process.execPath, join(root, 'scripts/build-native.mjs')], {
    remedy: () => 'see what `npm run build:native` says',
  });
  return join(root, 'build/Release/kubesentiment.node');
}
