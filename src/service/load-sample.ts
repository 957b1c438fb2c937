import { performance } from 'node:perf_hooks';
import type { OffsetLedger } from '../consume/offset-ledger.ts';
import type { PartitionLag } from '../lag.ts';
import type { Counters } from '../metrics/counters.ts';
import type { Session } from '../session/session.ts';
import { type Stage, stages } from '../types.ts';
import { type ThrottledPeriods, throttledPeriods } from '../why/cpu-throttling.ts';
import { currentLedgers, placeName } from './own-lag.ts';

interface Total {
  readonly count: number;
  readonly sum: number;
}

export interface PartitionSample {
  /** Where what can be read ends; null if unknown. */
  readonly endOffset: number | null;
  /** Messages that are still in Kafka. */
  readonly waiting: number;
  /** Nothing can be taken from it: an operator has paused it, or it cannot be read on. */
  readonly stands: boolean;
}

/** Totals that only grow, and what waits at this moment. Two of them make rates and shares. */
export interface LoadSample {
  readonly atMs: number;
  /** By `topic/partition`. */
  readonly partitions: ReadonlyMap<string, PartitionSample>;
  /** Messages in Kafka, of partitions that can be read. */
  readonly backlog: number;
  /** Messages committed, or given up on. */
  readonly committed: number;
  readonly transactions: Total;
  /** Whether one is running. */
  readonly inTransaction: boolean;
  readonly stages: Readonly<Record<Stage, Total>>;
  /** Of the inference threads: a second for each in which all of them did. */
  readonly workedMs: number;
  readonly loop: ReturnType<typeof performance.eventLoopUtilization>;
  readonly throttled: ThrottledPeriods | undefined;
}

export interface SampleParts {
  readonly counters: Counters;
  readonly session: Session | undefined;
  readonly lag: readonly PartitionLag[];
  /** `topic/partition` of those that an operator has paused. */
  readonly paused: ReadonlySet<string>;
}

export function takeSample({ counters, session, lag, paused }: SampleParts): LoadSample {
  const ledgers = new Map(currentLedgers(session).map((ledger) => [placeName(ledger), ledger]));
  const partitions = new Map<string, PartitionSample>();
  for (const { endOffset, ...place } of lag) {
    const name = placeName(place);
    const ledger = ledgers.get(name);
    const stands = paused.has(name) || ledger?.unreadable !== undefined;
    partitions.set(name, { endOffset, waiting: waitingIn(ledger, endOffset), stands });
  }
  return {
    atMs: performance.now(),
    partitions,
    backlog: [...partitions.values()].reduce((sum, { waiting, stands }) => sum + (stands ? 0 : waiting), 0),
    committed: counters.messagesProcessed + counters.messagesFailed,
    transactions: totalOf(counters.transaction),
    inTransaction: [...ledgers.values()].some((ledger) => ledger.inTransaction),
    stages: stageTotals(counters),
    workedMs: session?.pipeline?.workedMs ?? 0,
    loop: performance.eventLoopUtilization(),
    throttled: throttledPeriods(),
  };
}

/** Behind what has been taken, and behind what nobody gets to see (markers of transactions). */
function waitingIn(ledger: OffsetLedger | undefined, endOffset: number | null): number {
  if (ledger === undefined || endOffset === null) return 0;
  const next = Math.max(ledger.position, ledger.lastTakenOffset + 1, ledger.reachedEnd);
  return next < 0 ? 0 : Math.max(0, endOffset - next);
}

function stageTotals(counters: Counters): Record<Stage, Total> {
  const entries = stages.map((stage) => [stage, totalOf(counters.stage[stage])] as const);
  return Object.fromEntries(entries) as Record<Stage, Total>;
}

function totalOf({ count, sum }: Total): Total {
  return { count, sum };
}
