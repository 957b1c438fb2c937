/** `npm run test:chaos`: exactly once under faults, against a real Apache Kafka. */
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { noBroker } from '../helpers/kafka-broker.ts';
import { kafkaClassPath, testedKafka } from '../helpers/kafka-jars.ts';
import { root } from '../helpers/paths.ts';
import { noRegistry } from '../helpers/schema-registry.ts';
import { commandOptions, COMMAND_USAGE, readCommandOptions } from './command.ts';
import { dataKinds } from './data.ts';
import { inNamespace, isInNamespace, LossyNetwork, noNamespace } from './lossy-network.ts';
import { FAULT_KINDS } from './plan.ts';
import { hasPassed, printReport } from './report.ts';
import { runChaos } from './run.ts';

const usage = `npm run test:chaos -- [--records N] [--seed S] [--minutes M] [--json FILE] [--product DIR]

  --records N    requests to send (50000)
  --seed S       of the fault plan: the same seed, the same plan (a random one)
  --minutes M    over how long the requests are sent (2)
  --faults N     how many faults, at least one of each kind (ten a minute)
  --brokers N    1 or 3, each a node of KRaft (3)
  --only KINDS   these faults only, by the beginnings of their names, with commas between (all that are possible)
  --transaction-version N  of the brokers: 0, 1 or 2 (the newest that they know)
  --data KIND    json; enriched: requests come out with their results, some under another topic; avro: requests and
                 results in Avro, with a Schema Registry that is away now and then (json)
  --delivery D   exactly_once or at_least_once, where nothing may be lost and what comes twice is counted
  --retry-topics DELAYS  as kafka.retry_topics, for example 2s,4s: a model fails on one text in 50
  --json FILE    writes the report there
  --product DIR  folder with the build to be tried (this one)

KUBESENTIMENT_TEST_KAFKA=3.9.1 in the environment runs brokers of that version.
${COMMAND_USAGE}`;

// An exit ends the members and the brokers; a signal alone would leave them behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main();

async function main(): Promise<number> {
  const options = readArguments();
  if (typeof options === 'string') {
    console.error(options === '' ? usage : `${options}\n\n${usage}`);
    return options === '' ? 0 : 2;
  }
  const missing = options.data === 'avro' ? noRegistry : noBroker;
  if (missing) {
    console.error(`No Apache Kafka or registry can be started: ${missing}.`);
    return 1;
  }
  const kinds = options.kinds ?? FAULT_KINDS;
  // Members in a network of their own would not find the registry.
  if (kinds.includes('packet-loss') && options.data !== 'avro' && !isInNamespace()) {
    const reason = noNamespace();
    if (reason === false) return runInNamespace();
    console.log(`No packets can be lost: ${reason}.`);
    if (kinds.length === 1) return 1;
  }
  const network = isInNamespace() ? await LossyNetwork.start() : undefined;
  const report = await runChaos({
    ...options,
    network,
    keepsEvidence: true,
    print: (line) => console.log(line),
  });
  network?.close();
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(`\n${printReport(report)}`);
  return hasPassed(report) ? 0 : 1;
}

/** The same once more, in a network that can be made bad. */
function runInNamespace(): number {
  kafkaClassPath(testedKafka); // there is nowhere to fetch it from in there
  const { file, args, env } = inNamespace(process.argv.slice(1));
  return spawnSync(file, args, { env, stdio: 'inherit' }).status ?? 1;
}

/** The options, or what is wrong with them; an empty text asks for the usage. */
function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        records: { type: 'string', default: '50000' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
        minutes: { type: 'string', default: '2' },
        faults: { type: 'string' },
        brokers: { type: 'string', default: '3' },
        delivery: { type: 'string', default: 'exactly_once' },
        data: { type: 'string', default: 'json' },
        only: { type: 'string' },
        'retry-topics': { type: 'string' },
        'transaction-version': { type: 'string' },
        json: { type: 'string' },
        product: { type: 'string', default: root },
        ...commandOptions,
        help: { type: 'boolean', default: false },
      },
    });
    if (values.help) return '';
    const [records, seed, minutes] = [values.records, values.seed, values.minutes].map(Number);
    if (!(Number.isInteger(records) && (records as number) > 0))
      return '--records must be a whole number above 0.';
    if (!Number.isInteger(seed)) return '--seed must be a whole number.';
    if (!((minutes as number) > 0)) return '--minutes must be a number above 0.';
    const faults = values.faults === undefined ? undefined : Number(values.faults);
    if (faults !== undefined && !(Number.isInteger(faults) && faults > 0))
      return '--faults must be a whole number above 0.';
    const { product, json, delivery } = values;
    if (delivery !== 'exactly_once' && delivery !== 'at_least_once') return '--delivery is not known.';
    const data = dataKinds.find((kind) => kind === values.data);
    if (data === undefined) return `--data knows ${dataKinds.join(', ')}.`;
    const command = readCommandOptions(values);
    if (data !== 'json' && command.command !== undefined) return '--data is for our own program.';
    const brokers = Number(values.brokers);
    if (brokers !== 1 && brokers !== 3) return '--brokers must be 1 or 3.';
    const version = values['transaction-version'];
    if (version !== undefined && !['0', '1', '2'].includes(version))
      return '--transaction-version must be 0, 1 or 2.';
    const only = values.only?.split(',');
    const kinds = only && FAULT_KINDS.filter((kind) => only.some((beginning) => kind.startsWith(beginning)));
    if (kinds?.length === 0) return `--only knows ${FAULT_KINDS.join(', ')}.`;
    return {
      ...command,
      ...(data !== 'json' && { data, origins: undefined }),
      hasModels: data === 'json' && command.command === undefined && values['retry-topics'] === undefined,
      ...(kinds && { kinds }),
      retryTopics: values['retry-topics']?.split(','),
      ...(version && { transactionVersion: Number(version) }),
      records: records as number,
      seed: seed as number,
      minutes: minutes as number,
      ...(faults !== undefined && { faults }),
      brokers: brokers as 1 | 3,
      delivery: delivery as 'exactly_once' | 'at_least_once',
      product,
      json,
    };
  } catch (error) {
    return (error as Error).message;
  }
}
