/**
 * `npm run test:mutants`: short runs against a real Apache Kafka, with members that are killed and members that die at
 * the worst moments. A copy of the product must pass, and with a rule broken it must not: each mutant works, and does
 * harm. With `--binding DIR` it is the binding there that must not pass, one of node-rdkafka without our changes, under
 * late requests and open transactions of others.
 */
import { parseArgs } from 'node:util';
import { noBroker } from '../helpers/kafka-broker.ts';
import { copyProduct, dyingMembers, type Mutant, mutants, type Patch } from './mutants.ts';
import type { Fault, Plan } from './plan.ts';
import { type ChaosReport, hasPassed, printReport } from './report.ts';
import { type ChaosOptions, runChaos } from './run.ts';

/** More than the accurate model gets done in that time, so that whoever is killed has work in hand. */
const RECORDS = 24_000;
const MINUTES = 0.8;
const KILLS = 8;
const CANARIES = 4;
const lateFaults = ['held-requests', 'open-transaction'] as const;
const LATE_ROUNDS = 4;
const staticMembers = { assignor: 'cooperative-sticky', staticMembers: true, generatedIds: false } as const;

process.exitCode = await main();

async function main(): Promise<number> {
  if (noBroker) {
    console.error(`No Apache Kafka can be started: ${noBroker}.`);
    return 1;
  }
  const { values } = parseArgs({
    options: { only: { type: 'string', default: '' }, binding: { type: 'string' } },
  });
  if (values.binding !== undefined) return tryBinding(values.binding);
  // What goes wrong at a rebalance takes a rebalance inside of a transaction: the pipeline tests make one.
  const isMeant = ({ name }: Mutant): boolean => name.includes(values.only) && !name.includes('revoked');
  const meant = mutants.filter(isMeant);
  for (const kind of new Set(meant.map(({ faults }) => faults))) {
    console.log('A copy of the product:');
    const unchanged = await run(kind);
    console.log(`${hasPassed(unchanged) ? 'passes' : 'DOES NOT PASS'}\n${printReport(unchanged)}\n`);
    if (!hasPassed(unchanged)) return 1; // whatever is found after this proves nothing
  }
  let survivors = 0;
  for (const { name, patches, faults } of meant) {
    console.log(`A product that ${name}:`);
    const report = await run(faults, patches);
    if (!isCaught(report)) survivors++;
    console.log(`${isCaught(report) ? 'caught' : 'NOT CAUGHT'}\n${printReport(report)}\n`);
  }
  return survivors === 0 ? 0 : 1;
}

/** The copy with our own binding must pass what the one with the other must not. */
async function tryBinding(binding: string): Promise<number> {
  const { LD_LIBRARY_PATH: path } = process.env;
  if (path !== undefined)
    console.log(`LD_LIBRARY_PATH is set, and both copies load librdkafka from there: ${path}`);
  const options = { plan: latePlan(), kinds: lateFaults, settings: { 'model.path': 'null' } };
  console.log('A copy of the product:');
  const unchanged = await runCopy(copyProduct(), options);
  console.log(`${hasPassed(unchanged) ? 'passes' : 'DOES NOT PASS'}\n${printReport(unchanged)}\n`);
  console.log(`A product with the binding in ${binding}:`);
  const other = await runCopy(copyProduct([], binding), options);
  console.log(`${isCaught(other) ? 'caught' : 'NOT CAUGHT'}\n${printReport(other)}\n`);
  return hasPassed(unchanged) && isCaught(other) ? 0 : 1;
}

function run(faults: Mutant['faults'], patches: readonly Patch[] = []): Promise<ChaosReport> {
  if (faults === 'canaries') return runCopy(copyProduct(patches), { plan: canaryPlan(), hasModels: true });
  return runCopy(copyProduct([...patches, ...dyingMembers]), {
    plan: killPlan(),
    settings: { 'model.path': 'models/accurate', 'kafka.transaction_interval_ms': 0 },
  });
}

async function runCopy(
  { folder, remove }: ReturnType<typeof copyProduct>,
  options: Pick<ChaosOptions, 'plan' | 'settings' | 'kinds' | 'hasModels'>,
): Promise<ChaosReport> {
  try {
    return await runChaos({
      records: RECORDS,
      seed: 1,
      brokers: 1,
      minutes: MINUTES,
      product: folder,
      print: () => undefined,
      ...options,
    });
  } finally {
    remove();
  }
}

/** One that does nothing, or does not come to an end, breaks the promise too, and proves nothing. */
function isCaught(report: ChaosReport): boolean {
  return report.verdict.results > 0 && !hasPassed({ ...report, drained: true });
}

/** Late requests of every kind, and partitions that are given to others while a transaction is open. */
function latePlan(): Plan {
  const faults = Array.from({ length: LATE_ROUNDS }, (_, pick) =>
    lateFaults.map((kind): Fault => ({ kind, pick, sameIdentity: false, durationMs: 4_000, pauseMs: 4_000 })),
  ).flat();
  const members = { assignor: 'cooperative-sticky', staticMembers: false, generatedIds: true } as const;
  return { seed: 1, slowBrokers: true, phases: [{ ...members, faults }] };
}

/** Static members that die in the middle of their work, one after the other: nobody waits for a session to end. */
function killPlan(): Plan {
  const faults = Array.from(
    { length: KILLS },
    (_, pick): Fault => ({ kind: 'kill', pick, sameIdentity: true, durationMs: 100, pauseMs: 2_000 }),
  );
  return { seed: 1, slowBrokers: false, phases: [{ ...staticMembers, faults }] };
}

/** Canaries that agree with the model in use, while members die and others begin the trial. */
function canaryPlan(): Plan {
  const faults = Array.from(
    { length: CANARIES },
    (_, pick): Fault => ({
      ...{ kind: 'canary-withdrawn', sameIdentity: false },
      ...{ pick, durationMs: 5_000, pauseMs: 1_000 },
    }),
  );
  return { seed: 1, slowBrokers: false, phases: [{ ...staticMembers, staticMembers: false, faults }] };
}
