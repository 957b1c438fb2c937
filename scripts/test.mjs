/**
 * `npm test`: the set-up, then every test this machine can run, tier by tier. Tests it cannot run are listed with the
 * reason. The last line is `N passed, N failed, N skipped`, over all tiers.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { root } from './lib/run.mjs';
import { printHeading, report, runNativeTier, runNodeTier, tiers } from './lib/tiers.mjs';
import { ensureSetup, exitOnStepError } from './setup.mjs';

const usage = `npm test -- [TIER | FILE]... [--sanitize] [--require-broker]

  TIER              ${tiers.map((tier) => tier.name).join(', ')}; default: all, in this order
  FILE              a test file or folder, such as test/unit/config
  --sanitize        native tests with AddressSanitizer and UndefinedBehaviorSanitizer
  --require-broker  no Apache Kafka is a failure, not a reason to skip`;

const { positionals, values: options } = readArguments();
await exitOnStepError(ensureSetup);
const results = [];
for (const tier of tiers) {
  const only = positionals.filter((path) => path.startsWith(`test/${tier.name}/`));
  if (positionals.length > 0 && !positionals.includes(tier.name) && only.length === 0) continue;
  printHeading(tier.title);
  results.push({ tier: tier.name, ...(await runTier(tier, only)) });
}
process.exit(report(results));

async function runTier(tier, only) {
  if (tier.name === 'native') return runNativeTier({ sanitize: options.sanitize });
  if (tier.name !== 'integration') return runNodeTier(tier, { only });
  const env = await brokerEnvironment();
  const missing = env.KUBESENTIMENT_TEST_NO_BROKER;
  if (missing === undefined || !options['require-broker']) return runNodeTier(tier, { only, env });
  return { passed: 0, failures: [`no Apache Kafka: ${missing}`], skips: [] };
}

/** One broker for the whole tier; without it, each test skips itself and gives the reason. */
async function brokerEnvironment() {
  const { brokerAvailability, startBroker } = await import(join(root, 'dist/test/helpers/kafka-broker.js'));
  const { available, reason } = brokerAvailability();
  if (!available) return { KUBESENTIMENT_TEST_NO_BROKER: reason };
  try {
    return { KUBESENTIMENT_TEST_BROKER: (await startBroker()).bootstrapServers };
  } catch (error) {
    return { KUBESENTIMENT_TEST_NO_BROKER: error.message };
  }
}

function readArguments() {
  try {
    const parsed = parseArgs({
      allowPositionals: true,
      options: {
        sanitize: { type: 'boolean', default: false },
        'require-broker': { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    if (parsed.values.help) {
      console.log(usage);
      process.exit(0);
    }
    const known = (name) => tiers.some((tier) => tier.name === name || name.startsWith(`test/${tier.name}/`));
    const unknown = parsed.positionals.find(
      (name) => !known(name) || (name.includes('/') && !existsSync(join(root, name))),
    );
    if (unknown !== undefined) throw new Error(`There is no tier and no test file ${unknown}.`);
    return parsed;
  } catch (error) {
    console.error(`${error.message}\n\n${usage}`);
    process.exit(2);
  }
}
