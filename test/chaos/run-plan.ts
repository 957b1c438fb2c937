/** Which faults a run has. */
import { testedKafka } from '../helpers/kafka-jars.ts';
import { leftOutFor, planOfProgram, planWithout } from './command.ts';
import type { ChaosOptions } from './options.ts';
import {
  createPlan,
  FAULT_KINDS,
  type FaultKind,
  modelFaults,
  type Plan,
  planWithClassicProtocol,
} from './plan.ts';

const FAULTS_PER_MINUTE = 10;
/** KIP-848 came with Kafka 4.0; before, clients cannot use it. */
const hasConsumerProtocol = Number.parseInt(testedKafka, 10) >= 4;

export function leftOutOf(
  { without = [], command, network, hasModels }: ChaosOptions,
  members: number,
): FaultKind[] {
  const ofCommand = command ? leftOutFor(command, members) : [];
  const impossible = [
    ...(network === undefined ? ['packet-loss' as const] : []),
    ...(hasModels ? [] : modelFaults),
  ];
  return [...without, ...ofCommand, ...impossible];
}

export function planOf(options: ChaosOptions, leftOut: readonly FaultKind[], members: number): Plan {
  const { seed, minutes, kinds = FAULT_KINDS } = options;
  const { faults = Math.round(minutes * FAULTS_PER_MINUTE) } = options;
  const faultCount = Math.max(kinds.length, faults);
  const plan = planWithout(options.plan ?? createPlan(seed, faultCount, kinds), leftOut, members);
  if (options.command) return planOfProgram(plan);
  return hasConsumerProtocol ? plan : planWithClassicProtocol(plan);
}

export function countFaults({ phases }: Plan): Partial<Record<FaultKind, number>> {
  const counts: Partial<Record<FaultKind, number>> = {};
  for (const { kind } of phases.flatMap(({ faults }) => faults)) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}
