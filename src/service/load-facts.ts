import { performance } from 'node:perf_hooks';
import type { Config } from '../config/schema.ts';
import { unreadableError } from '../kafka/unreadable.ts';
import type { PartitionLag } from '../lag.ts';
import type { Session } from '../session/session.ts';
import { type RunState, type Stage, stages } from '../types.ts';
import type { Facts, PartitionFacts, TransactionFacts } from '../why/facts.ts';
import type { LoadSample } from './load-sample.ts';
import { currentLedgers, placeName } from './own-lag.ts';

export interface FactParts {
  readonly config: Config;
  readonly state: RunState;
  readonly session: Session | undefined;
  readonly schemaTrouble: string | undefined;
  readonly lag: readonly PartitionLag[];
  readonly paused: ReadonlySet<string>;
  /** Of this membership in the group, oldest first; at least one. */
  readonly samples: readonly LoadSample[];
  readonly p95Ms: number;
  readonly cpus: number;
}

/** Rates of less time than this would be chance. */
const WATCHED_MS_MIN = 5_000;

/** What the samples and the parts of the service say, in the terms of a judgement. */
export function factsOf(parts: FactParts): Facts {
  const { config, state, session, schemaTrouble, samples, cpus, p95Ms } = parts;
  const [first, last] = [samples[0] as LoadSample, samples.at(-1) as LoadSample];
  const elapsedMs = last.atMs - first.atMs;
  const share = (ms: number): number => (elapsedMs <= 0 ? 0 : Math.min(1, Math.max(0, ms / elapsedMs)));
  return {
    state,
    readsKafka: config.kafka.enabled,
    brokers: config.kafka.bootstrap_servers,
    brokerSilentMs: session?.brokerSilentMs ?? 0,
    hasJoined: session?.hasJoined ?? false,
    missingTopics: session?.missingTopics ?? [],
    stopReason: session?.stopReason,
    schemaTrouble,
    schemaWaiting: session?.pipeline?.waitingForSchema ?? 0,
    consumers: session?.consumers.length ?? 0,
    partitions: partitionFacts(parts, first, last),
    backlog: Math.min(...samples.map(({ backlog }) => backlog)),
    isWatched: elapsedMs >= WATCHED_MS_MIN,
    transactions: transactionFacts(session, samples, share),
    inference: { busy: share(last.workedMs - first.workedMs), threads: config.model.max_threads },
    loopBusy: elapsedMs <= 0 ? 0 : performance.eventLoopUtilization(last.loop, first.loop).utilization,
    cpu: { throttled: throttledShare(first, last), cpus },
    committedPerS: perSecond(last.committed - first.committed, elapsedMs),
    targetMs: config.kafka.latency_target_ms,
    p95Ms,
    stageMs: stageMeans(first, last),
  };
}

function partitionFacts(
  { session, lag, paused }: FactParts,
  first: LoadSample,
  last: LoadSample,
): PartitionFacts[] {
  const ledgers = new Map(currentLedgers(session).map((ledger) => [placeName(ledger), ledger]));
  return lag.map(({ topic, partition, status, heldBack, heldBackSeconds, endOffset, holder }) => {
    const name = placeName({ topic, partition });
    const batch = ledgers.get(name)?.unreadable;
    const [before, now] = [first.partitions.get(name)?.endOffset, last.partitions.get(name)?.endOffset];
    const arrived = before == null || now == null ? 0 : now - before;
    return {
      topic,
      partition,
      status,
      waiting: last.partitions.get(name)?.waiting ?? 0,
      paused: paused.has(name),
      unreadable: batch && unreadableError(batch).message,
      heldBack:
        heldBack > 0
          ? { records: heldBack, seconds: heldBackSeconds ?? 0, offset: endOffset, holder }
          : undefined,
      arrivalsPerS: perSecond(arrived, last.atMs - first.atMs),
    };
  });
}

function transactionFacts(
  session: Session | undefined,
  samples: readonly LoadSample[],
  share: (ms: number) => number,
): TransactionFacts {
  const [first, last] = [samples[0] as LoadSample, samples.at(-1) as LoadSample];
  const count = last.transactions.count - first.transactions.count;
  const ms = last.transactions.sum - first.transactions.sum;
  // One that does not end is not among those that were timed.
  const isHanging = count === 0 && samples.length > 1 && samples.every(({ inTransaction }) => inTransaction);
  const failure = session?.pipeline?.lastFailure;
  return {
    failed: session?.pipeline?.failedCycles ?? 0,
    failure: failure && {
      sentence: failure.message,
      remedy: failure.remedy,
      isForbidden: failure.code === 'KS_NOT_AUTHORIZED',
    },
    meanMs: isHanging ? last.atMs - first.atMs : count === 0 ? 0 : ms / count,
    busy: isHanging ? 1 : share(ms),
  };
}

function throttledShare(
  { throttled: before }: LoadSample,
  { throttled: now }: LoadSample,
): number | undefined {
  if (before === undefined || now === undefined) return undefined;
  const periods = now.periods - before.periods;
  return periods <= 0 ? 0 : Math.min(1, Math.max(0, now.throttled - before.throttled) / periods);
}

function stageMeans(first: LoadSample, last: LoadSample): Record<Stage, number> {
  const entries = stages.map((stage) => {
    const count = last.stages[stage].count - first.stages[stage].count;
    return [stage, count <= 0 ? 0 : (last.stages[stage].sum - first.stages[stage].sum) / count] as const;
  });
  return Object.fromEntries(entries) as Record<Stage, number>;
}

function perSecond(count: number, ms: number): number {
  return ms <= 0 ? 0 : (Math.max(0, count) * 1_000) / ms;
}
