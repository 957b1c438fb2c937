/** The addon, compiled by zig for any of our targets. */
import { join } from 'node:path';
import { addonSources, compileProgram } from './compile-native.mjs';
import { fetchNode } from './fetch-node.mjs';
import { ADDON } from './package-bindings.mjs';
import { root } from './run.mjs';
import { zigTools } from './zig.mjs';

/** Resolves with the path of the addon. Rejects with a `StepError`. */
export async function buildAddon(target) {
  const { cxx, bin, flags } = await zigTools(target);
  return compileProgram({
    step: `addon for ${target.platform}`,
    compiler: join(bin, cxx),
    folder: `build-prebuilds/${target.platform}`,
    name: ADDON,
    // The same bytes from every folder.
    flags: [...(await addonFlags()), `-ffile-prefix-map=${root}=.`, ...flags],
    link: ['-O3', '-shared', '-s', '-Wl,-z,undefs', '-Wl,--gc-sections'],
    units: addonSources().map((source) => ({ source })),
  });
}

/** As binding.gyp compiles it. The headers of every Node that we support are the same for Node-API 8. */
export async function addonFlags() {
  const node = await fetchNode('22');
  const defines = [
    'NAPI_VERSION=8',
    'NAPI_DISABLE_CPP_EXCEPTIONS',
    'NODE_API_SWALLOW_UNTHROWABLE_EXCEPTIONS',
  ];
  const includes = [join(node, '../../include/node'), join(root, 'node_modules/node-addon-api')];
  return [
    ...['-std=c++17', '-O3', '-fPIC', '-fvisibility=hidden', '-fno-exceptions', '-fno-rtti', '-pthread'],
    ...defines.map((define) => `-D${define}`),
    ...includes.flatMap((folder) => ['-isystem', folder]),
    '-ffunction-sections',
  ];
}
