/** The compiled parts of the npm package: `prebuilds/<platform>-<arch>/`. */
import { cpSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { MARKER, patchOf, wantedPatch } from '../rdkafka-patch.mjs';
import { ONNX_RUNTIME } from './onnx-runtime.mjs';
import { root, StepError } from './run.mjs';

/** ABI → Node, for those with a binding in a release. */
export const nodeOfAbi = { 115: '20', 127: '22', 137: '24', 147: '26' };
const releasePlatforms = ['linux-x64', 'linux-arm64'];
export const ADDON = 'kubesentiment.node';

/** Throws a `StepError` unless `prebuilds` has all that a release carries. */
export function checkComplete(prebuilds) {
  for (const platform of releasePlatforms) {
    const bindings = Object.keys(nodeOfAbi).map((abi) => `rdkafka/node-${abi}.node`);
    const smaller = platform === 'linux-x64' ? [ONNX_RUNTIME] : [];
    const missing = [ADDON, ...smaller, ...bindings].filter(
      (name) => !existsSync(join(prebuilds, platform, name)),
    );
    if (missing.length > 0) {
      throw new StepError(
        'package',
        `prebuilds/${platform} has no ${missing.join(', ')}`,
        'npm run build:prebuilds, npm run build:rdkafka -- --all on that platform',
      );
    }
  }
}

/**
 * Puts what the set-up has compiled in the place of what `prebuilds` does not have for this platform. Returns a note on
 * each. Throws a `StepError` for bindings with older patches.
 */
export function addCompiled(prebuilds) {
  for (const platform of existsSync(prebuilds) ? readdirSync(prebuilds) : []) {
    const rdkafka = join(prebuilds, platform, 'rdkafka');
    if (existsSync(rdkafka) && patchOf(rdkafka) !== wantedPatch()) {
      throw new StepError(
        'package',
        `prebuilds/${platform}/rdkafka has older patches`,
        'npm run build:rdkafka',
      );
    }
  }
  const here = join(prebuilds, `${process.platform}-${process.arch}`);
  const notes = [];
  if (!existsSync(join(here, ADDON))) {
    copyCompiled(join(root, 'build/Release', ADDON), join(here, ADDON));
    notes.push('The addon is the one compiled here, for machines like this one.');
  }
  const abi = process.versions.modules;
  if (!existsSync(join(here, 'rdkafka', `node-${abi}.node`))) {
    addCompiledRdkafka(here, abi);
    notes.push(`node-rdkafka is the one compiled here, for Node with ABI ${abi} and machines like this one.`);
  }
  return notes;
}

/** The binding that node-gyp links looks for its libraries in ../deps. */
function addCompiledRdkafka(here, abi) {
  const build = join(root, 'node_modules/node-rdkafka/build');
  if (patchOf(join(build, 'Release')) !== wantedPatch())
    throw new StepError('package', 'node-rdkafka is not compiled with our patches', 'node scripts/setup.mjs');
  copyCompiled(join(build, 'Release/node-librdkafka.node'), join(here, 'rdkafka', `node-${abi}.node`));
  for (const name of ['librdkafka.so.1', 'librdkafka++.so.1'])
    copyCompiled(join(build, 'deps', name), join(here, 'deps', name));
  writeFileSync(join(here, 'rdkafka', MARKER), `${wantedPatch()}\n`);
}

function copyCompiled(from, to) {
  if (!existsSync(from)) throw new StepError('package', `there is no ${from}`, 'node scripts/setup.mjs');
  mkdirSync(join(to, '..'), { recursive: true });
  cpSync(from, to, { dereference: true });
}
