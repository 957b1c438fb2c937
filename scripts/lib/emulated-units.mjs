/** The unit and pipeline tests on arm64: rows of `npm run check:cpus`. */
import { join } from 'node:path';
import { emulatedNode, emulator } from './emulator.mjs';
import { fetchNode } from './fetch-node.mjs';
import { expect } from './package-checks.mjs';
import { root } from './run.mjs';
import { targetOf } from './target.mjs';
import { runNodeTier, tiers } from './tiers.mjs';

/** With registerHooks, by which node-rdkafka is redirected to the package's. */
const VERSION = '24';
const emulatedTiers = ['unit', 'pipeline'];

/**
 * `project`: one in which the package is installed, for its node-rdkafka. `only`: the tests of these files and folders,
 * if any are named.
 */
export async function checkEmulatedUnits(checks, project, only = []) {
  for (const name of emulatedTiers) {
    const files = only.filter((path) => path.startsWith(`test/${name}`));
    if (only.length > 0 && files.length === 0) continue;
    await checks.check(`${name} tests, arm64`, () => runTier(name, files, project));
  }
}

async function runTier(name, only, project) {
  const command = await emulator(targetOf('arm64'));
  const node = await fetchNode(VERSION);
  const emulated = emulatedNode(await fetchNode(VERSION, 'arm64'), command, `linux-arm64-${VERSION}-any`);
  const tier = { ...tiers.find((each) => each.name === name), timeoutMs: 3_600_000 };
  const env = {
    NODE_OPTIONS: `--import=${join(root, 'scripts/lib/redirect-rdkafka.mjs')}`,
    KUBESENTIMENT_TEST_RDKAFKA: project.path('kubesentiment/vendor/node-rdkafka/lib/index.js'),
  };
  const { passed, failures, skips } = await runNodeTier(tier, { node, emulated, env, only });
  for (const skip of skips) console.log(`  skipped: ${skip.name} (${skip.reason})`);
  console.log(`  ${passed} passed, ${failures.length} failed, ${skips.length} skipped`);
  expect(failures.length === 0, failures.join('\n'));
}
