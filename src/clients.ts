/**
 * What the stages need from Kafka, and nothing more. `src/kafka/` implements it with librdkafka, the pipeline tests
 * with an in-memory broker.
 */
import type { StallMark } from './stall-marks.ts';
import type { OutgoingRecord, SourceMessage, TopicPartition, TopicPartitionOffset } from './types.ts';

/** What a poll brought. */
export interface Polled {
  readonly messages: readonly SourceMessage[];
  /**
   * Partitions that have been read to their end: this poll, or one before, brought every record before that offset.
   * The end lies behind what nobody gets to see: transaction markers and the records of aborted transactions.
   */
  readonly ends: readonly TopicPartitionOffset[];
}

/** A partition that a consumer is about to read. */
export interface AssignedPartition extends TopicPartition {
  /** The offset to start at, where that is not the one that the group had committed. It is committed by now. */
  readonly start?: number;
  /** The offset that the group had committed, where it starts there. */
  readonly committed?: number;
  /** The start is the end of the log, which nobody knows yet: the partition has no leader. */
  readonly startsAtEnd?: boolean;
  /** No record before this one is new. */
  readonly position?: number;
  /** The start is not where the group was. */
  readonly moved?: Move;
  /** Goes with every offset that is committed for the partition, see `CommitText`. */
  readonly metadata?: string;
  /** What earlier processes had in hand when they were ended because their event loop stood still. */
  readonly marks?: readonly StallMark[];
}

/**
 * Why a partition is not read on where it was. `trimmed`: records were deleted before they were read. `log_shorter`:
 * the log has lost its end. `topic_recreated`: the topic has been deleted and created again.
 */
export type MoveReason = 'trimmed' | 'log_shorter' | 'topic_recreated';

export interface Move {
  /** The next offset that would have been read; -1 if nobody knows. */
  readonly from: number;
  /** The offset that is read instead. */
  readonly to: number;
  readonly reason: MoveReason;
}

/** A batch at which a partition stands still. */
export interface UnreadableBatch extends TopicPartition {
  readonly offset: number;
  /** `none`: not compressed, or unknown. */
  readonly codec: string;
  readonly reason: string;
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
  /** The last offset that this process has committed for a partition that it no longer has. */
  lastOf(partition: TopicPartition): TopicPartitionOffset | undefined;
  /** The next offset to be taken from the partition; undefined if none is. */
  nextOf(consumer: ConsumerClient, partition: TopicPartition): number | undefined;
  /** Its log may be another one: takes nothing from the partition until one of the next two is called. */
  doubt(consumer: ConsumerClient, partition: TopicPartition): void;
  /** Its log is the same, and is read on at `nextOf`. */
  trust(consumer: ConsumerClient, partition: TopicPartition): void;
  /** Its log is another one, and is read from `start`, which the group knows. */
  reset(consumer: ConsumerClient, partition: AssignedPartition): void;
  /** Its log is another one, which the group gives to somebody by itself: takes and commits no more of it. */
  retire(consumer: ConsumerClient, partition: TopicPartition): void;
  /** Records were deleted before they were read. */
  skipped(consumer: ConsumerClient, partition: AssignedPartition): void;
  /** Called about once a second for as long as the batch cannot be read. */
  unreadable(consumer: ConsumerClient, batch: UnreadableBatch): void;
  /** The client cannot continue: the process must stop without committing anything more. */
  fatal(error: Error): void;
}

export interface ConsumerClient {
  /** Its place among the consumers of the process. */
  readonly index: number;
  /** It reads the retry topics, the others the request topics. */
  readonly readsRetries?: boolean | undefined;
  connect(): Promise<void>;
  /** Joins the group. */
  subscribe(): void;
  /**
   * At most `max` messages; empty after about a millisecond without any, or after up to `waitMs`, which is for a `max`
   * of 1. At most one call at a time.
   */
  poll(max: number, waitMs?: number): Promise<Polled>;
  /**
   * Records came that should have come before: finds out whether the partition has another log, and tells the
   * listener.
   */
  doubt(partition: TopicPartition): void;
  /** The request topics that do not exist. Has the client look at them, which by itself it does every few minutes. */
  missingTopics(): Promise<readonly string[]>;
  pause(partitions: readonly TopicPartition[]): void;
  resume(partitions: readonly TopicPartition[]): void;
  /** Reads on from this offset of a partition that it holds. Rejects if that cannot be done now. */
  seek(place: TopicPartitionOffset): Promise<void>;
  /**
   * Commits without a transaction (`at_least_once`). Resolves when the group has the offsets. Makes one attempt,
   * which may be repeated; KS_MEMBER_FENCED can also occur in the middle of a rebalance. Nothing of it goes on after
   * `timeoutMs`, 15 s if it is not given.
   */
  commit(offsets: readonly TopicPartitionOffset[], timeoutMs?: number): Promise<void>;
  /** Asks the group whether it has committed all of these offsets or later ones. */
  hasCommitted(offsets: readonly TopicPartitionOffset[]): Promise<boolean>;
  /**
   * Those of these offsets that the group does not have although it should: it has an earlier one. Waits for
   * transactions on them to end, and rejects after `timeoutMs`. A partition without any offset is left out: it may have
   * been deleted.
   */
  forgotten(
    offsets: readonly TopicPartitionOffset[],
    timeoutMs: number,
  ): Promise<readonly TopicPartitionOffset[]>;
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
