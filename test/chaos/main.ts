/** `npm run test:chaos`: exactly once under faults, against a real Apache Kafka. */
import { writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { noBroker } from '../helpers/kafka-broker.ts';
import { root } from '../helpers/paths.ts';
import { commandOptions, commandUsage, readCommandOptions } from './command.ts';
import { hasPassed, printReport } from './report.ts';
import { runChaos } from './run.ts';

const usage = `npm run test:chaos -- [--records N] [--seed S] [--minutes M] [--json FILE] [--product DIR]

  --records N    requests to send (50000)
  --seed S       of the fault plan: the same seed, the same plan (a random one)
  --minutes M    for how long faults are inflicted, about; ten a minute, at least one of each kind (2)
  --brokers N    1 or 3, each a node of KRaft (3)
  --delivery D   exactly_once or at_least_once, where nothing may be lost and what comes twice is counted
  --json FILE    writes the report there
  --product DIR  folder with the build to be tried (this one)
${commandUsage}`;

// An exit ends the members and the brokers; a signal alone would leave them behind.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));
process.exitCode = await main();

async function main(): Promise<number> {
  const options = readArguments();
  if (typeof options === 'string') {
    console.error(options === '' ? usage : `${options}\n\n${usage}`);
    return options === '' ? 0 : 2;
  }
  if (noBroker) {
    console.error(`No Apache Kafka can be started: ${noBroker}.`);
    return 1;
  }
  const report = await runChaos({ ...options, print: (line) => console.log(line) });
  if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(report, undefined, 2)}\n`);
  console.log(`\n${printReport(report)}`);
  return hasPassed(report) ? 0 : 1;
}

/** The options, or what is wrong with them; an empty text asks for the usage. */
function readArguments() {
  try {
    const { values } = parseArgs({
      options: {
        records: { type: 'string', default: '50000' },
        seed: { type: 'string', default: String(Math.floor(Math.random() * 1e6)) },
        minutes: { type: 'string', default: '2' },
        brokers: { type: 'string', default: '3' },
        delivery: { type: 'string', default: 'exactly_once' },
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
    const { product, json, delivery } = values;
    if (delivery !== 'exactly_once' && delivery !== 'at_least_once') return '--delivery is not known.';
    const brokers = Number(values.brokers);
    if (brokers !== 1 && brokers !== 3) return '--brokers must be 1 or 3.';
    return {
      ...readCommandOptions(values),
      records: records as number,
      seed: seed as number,
      minutes: minutes as number,
      brokers: brokers as 1 | 3,
      delivery: delivery as 'exactly_once' | 'at_least_once',
      product,
      json,
    };
  } catch (error) {
    return (error as Error).message;
  }
}
