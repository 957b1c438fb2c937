/**
 * What the stages need from Kafka, and nothing more. `src/kafka/` implements it with librdkafka, the pipeline tests
 * with an in-memory broker.
 */
import type { StallMark } from './stall-marks.ts';
import type { OutgoingRecord, SourceMessage, TopicPartition, TopicPartitionOffset } from './types.ts';

/** A partition that a consumer is about to read. */
export interface AssignedPartition extends TopicPartition {
  /** The offset to start at, where that is not the one that the group had committed. It is committed by now. */
  readonly start?: number;
  /** The start is the end of the log, which nobody knows yet: the partition has no leader. */
  readonly startsAtEnd?: boolean;
  /** Offsets that are passed over, or gone back to: their records do not exist (any more). */
  readonly skipped?: { readonly from: number; readonly to: number };
  /** Goes with every offset that is committed for the partition. */
  readonly metadata?: string;
  /** What earlier processes had in hand when they were ended because their event loop stood still. */
  readonly marks?: readonly StallMark[];
}

/** Notified of assignments by a consumer; calls for one consumer never overlap. */
export interface RebalanceListener {
  /** The partitions are about to be fetched, and the group knows where each of them starts. */
  assigned(consumer: ConsumerClient, partitions: readonly AssignedPartition[]): void;
  /**
   * The partitions move to another member once the promise resolves. `lost`: they already have, so nothing more of
   * them may be published.
   */
  revoked(consumer: ConsumerClient, partitions: readonly TopicPartition[], lost: boolean): Promise<void>;
  /** The client cannot continue: the process must stop without committing anything more. */
  fatal(error: Error): void;
}

export interface ConsumerClient {
  /** 0 … `consumer_threads` - 1. */
  readonly index: number;
  connect(): Promise<void>;
  /** Joins the group. */
  subscribe(): void;
  /** At most `max` messages; empty after about a millisecond without any. At most one call at a time. */
  poll(max: number): Promise<readonly SourceMessage[]>;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /**
   * Commits without a transaction (`at_least_once`). Resolves when the group has the offsets. Makes one attempt,
   * which may be repeated; KS_MEMBER_FENCED can also occur in the middle of a rebalance.
   */
  commit(offsets: readonly TopicPartitionOffset[]): Promise<void>;
  /** Asks the group whether it has committed all of these offsets or later ones. */
  hasCommitted(offsets: readonly TopicPartitionOffset[]): Promise<boolean>;
  /** Offset after the last visible record, from the last fetch; -1 when unknown. */
  logEnd(partition: TopicPartition): number;
  /** Leaves the group; `revoked` has been called for every partition before it resolves. */
  disconnect(): Promise<void>;
}

/** Writes records. How they become durable depends on the kind of producer. */
export interface ProducerClient {
  connect(): Promise<void>;
  /** False if the local queue is full: try again in a moment. */
  produce(record: OutgoingRecord): boolean;
  /** Number of partitions of a topic, read at `connect` and kept. */
  partitionCount(topic: string): number;
  /** Sends a broker a small request. Rejects if none answers within seconds. */
  ping(): Promise<void>;
  disconnect(): Promise<void>;
}

/** `connect` takes over the transactional id and ends any transaction left open under it. */
export interface TransactionalClient extends ProducerClient {
  begin(): Promise<void>;
  sendOffsets(consumer: ConsumerClient, offsets: readonly TopicPartitionOffset[]): Promise<void>;
  commit(): Promise<void>;
  /**
   * Whether the last commit was sent but its outcome is unknown; only the group's offsets can tell. Reset by the next
   * `begin`.
   */
  readonly mayHaveCommitted: boolean;
  /**
   * Afterwards a transaction can begin. After KS_PRODUCER_EXPIRED this creates a new producer with the same
   * transactional id. May be called again if it fails.
   */
  abort(): Promise<void>;
}

/** Every record is acknowledged individually. */
export interface AcknowledgedClient extends ProducerClient {
  /**
   * Resolves when everything produced is acknowledged. Rejects if any record failed, or if that takes too long while
   * records are still `unacknowledged`; it may then be called again.
   */
  flush(): Promise<void>;
  /** The number of records whose outcome is not known yet. */
  readonly unacknowledged: number;
}
