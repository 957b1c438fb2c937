/** The unit tests on arm64: a row of `npm run check:cpus`. */
import { join } from 'node:path';
import { emulatedNode, emulator } from './emulator.mjs';
import { fetchNode } from './fetch-node.mjs';
import { expect } from './package-checks.mjs';
import { root } from './run.mjs';
import { targetOf } from './target.mjs';
import { runNodeTier, tiers } from './tiers.mjs';

/** With registerHooks, by which node-rdkafka is redirected to the package's. */
const VERSION = '24';
const usual = ['test/unit/decode', 'test/unit/infer', 'test/unit/kafka'];

/** `project`: one in which the package is installed, for its node-rdkafka. */
export async function checkEmulatedUnits(checks, project, only = usual) {
  await checks.check('unit tests, arm64', async () => {
    const target = targetOf('arm64');
    const command = await emulator(target);
    const node = emulatedNode(await fetchNode(VERSION, 'arm64'), command, `arm64-${VERSION}-any`);
    const tier = { ...tiers.find(({ name }) => name === 'unit'), concurrency: 1, timeoutMs: 3_600_000 };
    const env = {
      NODE_OPTIONS: `--import=${join(root, 'scripts/lib/redirect-rdkafka.mjs')}`,
      KUBESENTIMENT_TEST_RDKAFKA: project.path('kubesentiment/vendor/node-rdkafka/lib/index.js'),
    };
    const { passed, failures, skips } = await runNodeTier(tier, { node, env, only });
    console.log(`  ${passed} passed, ${failures.length} failed, ${skips.length} skipped`);
    expect(failures.length === 0, failures.join('\n'));
  });
}
