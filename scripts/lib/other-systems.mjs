/**
 * The addon's sources, compiled for systems that no release is made for: a row of `npm run check:cpus`. Nothing is run.
 */
import { join } from 'node:path';
import { addonFlags } from './addon-build.mjs';
import { addonSources, compileObjects } from './compile-native.mjs';
import { targetOf } from './target.mjs';
import { zigTools } from './zig.mjs';

/** As zig names them. Windows with the interface of GCC: Microsoft's compiler is not to be had here. */
const systems = ['aarch64-macos', 'x86_64-macos', 'x86_64-windows-gnu'];

export async function checkOtherSystems(checks) {
  for (const system of systems) {
    await checks.check(`the addon compiles for ${system}`, async () => {
      const { bin, cxx, flags } = await zigTools(targetOf());
      await compileObjects({
        step: `addon for ${system}`,
        compiler: join(bin, cxx),
        folder: `build-prebuilds/${system}`,
        flags: [...(await addonFlags()), '-target', system, ...(system.startsWith('x86') ? flags : [])],
        units: addonSources().map((source) => ({ source })),
      });
    });
  }
}
