/**
 * Runs the compiled tests on other versions of Node: `node scripts/node-versions.mjs 24 26`. Node itself comes
 * from the npm registry. node-rdkafka is tied to the version of V8, so its binding (not librdkafka) is compiled
 * again, in addition to the one in node_modules. The last line is `N passed, N failed, N skipped`.
 */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { fetchNode } from './lib/fetch-node.mjs';
import { remedyFor } from './lib/remedies.mjs';
import { firstLine, parallelBuildEnv, root, runStep } from './lib/run.mjs';
import { printHeading, report, runNodeTier, tiers } from './lib/tiers.mjs';
import { isPatched, markPatched } from './rdkafka-patch.mjs';
import { ensureSetup, exitOnStepError } from './setup.mjs';

const testedTiers = ['unit', 'pipeline'];
const rdkafka = join(root, 'node_modules/node-rdkafka');

await exitOnStepError(ensureSetup);
const results = [];
for (const version of process.argv.slice(2)) {
  const folder = join(root, '.cache/node', version);
  const node = await exitOnStepError(() => fetchNode(version));
  const binding = await exitOnStepError(() => buildBinding(node, folder));
  for (const tier of tiers.filter(({ name }) => testedTiers.includes(name))) {
    printHeading(`${tier.title}, Node ${firstLine(node, ['--version'])}`);
    const env = {
      NODE_OPTIONS: `--import=${join(root, 'scripts/lib/redirect-rdkafka.mjs')}`,
      KUBESENTIMENT_TEST_RDKAFKA: join(binding, 'lib/index.js'),
    };
    results.push({ tier: `${tier.name} on Node ${version}`, ...(await runNodeTier(tier, { node, env })) });
  }
}
process.exit(report(results));

/** A copy of node-rdkafka for `node`, linked to the already compiled librdkafka. */
async function buildBinding(node, folder) {
  const copy = join(folder, 'node-rdkafka');
  if (firstLine(node, ['-p', `require(${JSON.stringify(copy)}).librdkafkaVersion`]) && isPatched(copy))
    return copy;
  for (const name of ['package.json', 'binding.gyp', 'librdkafka.js', 'lib', 'src', 'util']) {
    cpSync(join(rdkafka, name), join(copy, name), { recursive: true });
  }
  const gyp = join(root, 'node_modules/node-gyp/bin/node-gyp.js');
  await runStep('node-rdkafka for this Node', [node, gyp, 'rebuild', `--nodedir=${join(node, '../..')}`], {
    cwd: copy,
    env: {
      ...parallelBuildEnv,
      ...withoutNpmSettings(),
      PATH: `${join(node, '..')}:${process.env.PATH}`,
      BUILD_LIBRDKAFKA: '0',
      CXXFLAGS: `-w -I${rdkafka}/deps/librdkafka/src -I${rdkafka}/deps/librdkafka/src-cpp`,
      LDFLAGS: `-L${rdkafka}/build/deps -Wl,-rpath,${rdkafka}/build/deps`,
    },
    remedy: remedyFor,
  });
  if (isPatched(rdkafka)) markPatched(copy);
  return copy;
}

/** npm's settings, such as the location of this Node's headers, would override node-gyp's own arguments. */
function withoutNpmSettings() {
  const names = Object.keys(process.env).filter((name) => /^npm_config_/i.test(name));
  return Object.fromEntries(names.map((name) => [name, undefined]));
}
