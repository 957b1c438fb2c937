import type { LagStatus } from '../lag.ts';
import type { RunState, Stage, TopicPartition } from '../types.ts';

/** What is known of a partition that this process holds. */
export interface PartitionFacts extends TopicPartition {
  /** Messages that are still in Kafka: what this process has already taken is not among them. */
  readonly waiting: number;
  readonly status: LagStatus;
  /** By an operator. */
  readonly paused: boolean;
  /** Why it cannot be read on, in a sentence. */
  readonly unreadable: string | undefined;
  /** An open transaction of another producer, if there are records behind it. */
  readonly heldBack: HeldBackFacts | undefined;
  /** Messages that came in a second. */
  readonly arrivalsPerS: number;
}

export interface HeldBackFacts {
  readonly records: number;
  readonly seconds: number;
  /** Nothing from here on can be read before it ends. */
  readonly offset: number | null;
  readonly holder: string | null;
}

export interface TransactionFacts {
  /** Those that have failed since the last one that was committed. */
  readonly failed: number;
  /** Why the last one failed; undefined once one is committed. */
  readonly failure: FailureFacts | undefined;
  readonly meanMs: number;
  /** Share of the time in which one is running. */
  readonly busy: number;
}

export interface FailureFacts {
  readonly sentence: string;
  readonly remedy: string | undefined;
  /** The user may not do it. */
  readonly isForbidden: boolean;
}

export interface CpuFacts {
  /** Share of the scheduler's periods in which the quota was used up; undefined without a quota. */
  readonly throttled: number | undefined;
  /** That the process may use: whole ones. */
  readonly cpus: number;
}

/** What a judgement goes by. Rates, shares and means are those of the last ten seconds. */
export interface Facts {
  readonly state: RunState;
  /** `kafka.enabled` */
  readonly readsKafka: boolean;
  readonly brokers: readonly string[];
  readonly brokerSilentMs: number;
  readonly hasJoined: boolean;
  readonly missingTopics: readonly string[];
  /** Why it has stopped taking messages by itself. */
  readonly stopReason: string | undefined;
  readonly schemaTrouble: string | undefined;
  readonly schemaWaiting: number;
  readonly consumers: number;
  readonly partitions: readonly PartitionFacts[];
  /** The fewest messages that have waited in Kafka at any time in these seconds, of partitions that are read. */
  readonly backlog: number;
  /** Whether the partitions have been watched for long enough to tell. */
  readonly isWatched: boolean;
  readonly transactions: TransactionFacts;
  readonly inference: { readonly busy: number; readonly threads: number };
  readonly loopBusy: number;
  readonly cpu: CpuFacts;
  readonly committedPerS: number;
  readonly targetMs: number;
  /** p95 of the processing time; 0 if nothing was committed. */
  readonly p95Ms: number;
  readonly stageMs: Readonly<Record<Stage, number>>;
}

/** ok: nothing to do. slow: less gets done than is wanted. stuck: something gets nothing done. */
export type Severity = 'ok' | 'slow' | 'stuck';

/** Names for programs, in the order in which they are looked for; the last three are no limits. */
export const limits = [
  'kafka_disabled',
  'starting',
  'draining',
  'stopped',
  'failed',
  'broker_unreachable',
  'dead_letter_stop',
  'topic_missing',
  'rights_missing',
  'transactions_failing',
  'joining',
  'paused',
  'unreadable',
  'schema_registry',
  'open_transaction',
  'cpu_quota',
  'skewed_partition',
  'too_few_partitions',
  'inference',
  'event_loop',
  'broker_commits',
  'fetch',
  'latency',
  'none',
  'no_partitions',
  'idle_consumers',
] as const;
export type Limit = (typeof limits)[number];

export interface Finding {
  readonly limit: Limit;
  readonly severity: Severity;
  readonly sentence: string;
  /** null: there is nothing to do. */
  readonly remedy: string | null;
}

/** Finds one cause, or nothing. */
export type Cause = (facts: Facts) => Finding | undefined;
