/** `npm run test:mutants`: short runs against a real Apache Kafka, one for each mutant, which must not pass. */
import { parseArgs } from 'node:util';
import { noBroker } from '../helpers/kafka-broker.ts';
import { copyProduct, type Mutant, mutants } from './mutants.ts';
import type { Fault, Plan } from './plan.ts';
import { hasPassed, printReport } from './report.ts';
import { runChaos } from './run.ts';

const RECORDS = 6_000;
const MINUTES = 0.4;
const KILLS = 10;

process.exitCode = await main();

async function main(): Promise<number> {
  if (noBroker) {
    console.error(`No Apache Kafka can be started: ${noBroker}.`);
    return 1;
  }
  const { values } = parseArgs({ options: { only: { type: 'string', default: '' } } });
  // What goes wrong at a rebalance takes a rebalance inside of a transaction: the pipeline tests make one.
  const isMeant = ({ name }: Mutant): boolean => name.includes(values.only) && !name.includes('revoked');
  let survivors = 0;
  for (const { name, patches } of mutants.filter(isMeant)) {
    const { folder, remove } = copyProduct(patches);
    console.log(`A product that ${name}:`);
    const settings = { 'model.path': 'models/accurate' };
    const options = {
      records: RECORDS,
      seed: 1,
      brokers: 1 as const,
      minutes: MINUTES,
      product: folder,
      plan: killPlan(),
      settings,
    };
    const report = await runChaos({ ...options, print: () => undefined });
    remove();
    if (hasPassed(report)) survivors++;
    console.log(`${hasPassed(report) ? 'NOT CAUGHT' : 'caught'}\n${printReport(report)}\n`);
  }
  return survivors === 0 ? 0 : 1;
}

/** Members that die in the middle of their work, one after the other. */
function killPlan(): Plan {
  const faults = Array.from(
    { length: KILLS },
    (_, pick): Fault => ({ kind: 'kill', pick, sameIdentity: true, durationMs: 100, pauseMs: 2_000 }),
  );
  return { seed: 1, phases: [{ assignor: 'cooperative-sticky', staticMembers: false, faults }] };
}
