import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaConsumer } from 'node-rdkafka';
import type { ConsumerClient, UnreadableBatch } from '../clients.ts';
import type { KubesentimentError } from '../errors.ts';
import type { SourceMessage, TopicPartition, TopicPartitionOffset } from '../types.ts';
import { CallsInFlight } from './calls-in-flight.ts';
import { type ClusterMetadata, connectClient, readMetadata, waitForTopic } from './connect.ts';
import { withDeadline } from './deadline.ts';
import { rdkafkaCode } from './codes.ts';
import { fromRdkafka } from './errors.ts';
import type { Committed } from './start-positions.ts';
import { unreadableBatch } from './unreadable.ts';
import { loadRdkafka } from './rdkafka-module.ts';

const CALL_TIMEOUT_MS = 10_000;
const FETCH_BYTES = 65_536;
/** Loading, not available, not the coordinator (any more): all pass. */
const coordinatorMissing: ReadonlySet<number> = new Set([14, 15, 16]);
const COORDINATOR_ATTEMPTS = 20;
const COORDINATOR_WAIT_MS = 500;

export interface GroupReaderOptions {
  readonly group: string;
  /** How to reach the cluster: `commonProperties` of the configuration. */
  readonly properties: Record<string, string | number | boolean>;
  readonly onWarning?: (error: KubesentimentError) => void;
  /** How long an unreachable broker is tried again. Default 10 s. */
  readonly connectTimeoutMs?: number;
  /**
   * `read_uncommitted`: an open transaction neither hides records nor holds back what the group committed before it.
   * Default: `read_committed`.
   */
  readonly isolation?: 'read_committed' | 'read_uncommitted';
  /**
   * Offsets that are part of an open transaction. `skip`: what was committed before counts, so that an instrument
   * answers although a transaction hangs. `wait`: for its end, as a successor must. Default: `skip`.
   */
  readonly openOffsets?: 'skip' | 'wait';
}

type Start<T> = (done: (error: unknown, result: T) => void) => unknown;

/** The ends of a partition: the oldest record there is, and one past the newest visible one. */
export interface PartitionEnds {
  readonly low: number;
  readonly high: number;
}

/** Looks at what a group has committed, and at the ends of topics, without ever joining the group. */
export class GroupReader {
  readonly #raw: KafkaConsumer;
  readonly #options: GroupReaderOptions;
  /** Asks for offsets if our own client would wait: to librdkafka both are one setting. */
  #offsetsReader: Promise<GroupReader> | undefined;
  readonly #calls = new CallsInFlight();

  constructor(options: GroupReaderOptions) {
    this.#options = options;
    this.#raw = new (loadRdkafka().KafkaConsumer)(
      {
        ...options.properties,
        'group.id': options.group,
        'enable.auto.commit': false,
        'isolation.level': options.isolation ?? 'read_committed',
        'enable.partition.eof': true,
        'fetch.wait.max.ms': 20,
        // One record of each partition is looked at.
        'fetch.message.max.bytes': FETCH_BYTES,
      } as never,
      { 'auto.offset.reset': 'earliest' },
    );
    this.#raw.setDefaultConsumeTimeout(20);
    this.#raw.on('event.error', (error) => options.onWarning?.(fromRdkafka(error, 'Asking the broker')));
  }

  /** For `sendOffsetsToTransaction`, which wants the client itself. Without its type, which users do not have. */
  get raw(): object {
    return this.#raw;
  }

  /** A producer takes any consumer client to send offsets for; it only uses `raw`. */
  get client(): ConsumerClient {
    return this as unknown as ConsumerClient;
  }

  connect(): Promise<void> {
    const { connectTimeoutMs = CALL_TIMEOUT_MS, onWarning = () => undefined } = this.#options;
    return connectClient(this.#raw, connectTimeoutMs, onWarning);
  }

  metadata(topic?: string): Promise<ClusterMetadata> {
    return readMetadata(this.#raw, topic);
  }

  /** KS_TOPIC_MISSING when there is no such topic. */
  async partitionsOf(topic: string): Promise<TopicPartition[]> {
    const count = await waitForTopic(this.#raw as never, topic);
    return Array.from({ length: count }, (_, partition) => ({ topic, partition }));
  }

  /** The next offset to read of each partition, undefined where the group has committed none. */
  async committed(partitions: readonly TopicPartition[]): Promise<(number | undefined)[]> {
    return (await this.committedEntries(partitions)).map((entry) => entry?.offset);
  }

  /** The same, with the texts that were committed with the offsets. */
  async committedEntries(partitions: readonly TopicPartition[]): Promise<(Committed | undefined)[]> {
    const { isolation = 'read_committed', openOffsets = 'skip', group } = this.#options;
    this.#calls.checkOpen();
    if (isolation === 'read_committed' && openOffsets === 'skip') {
      this.#offsetsReader ??= this.#openOffsetsReader();
      return (await this.#offsetsReader).committedEntries(partitions);
    }
    const found = await this.#askCoordinator<({ offset?: number; metadata?: string } | Error)[]>(
      `Reading the offsets of the group "${group}"`,
      (done) => this.#raw.committed(partitions as TopicPartition[], CALL_TIMEOUT_MS, done as never),
    );
    return found.map((entry) => {
      if (entry instanceof Error || entry.offset === undefined || entry.offset < 0) return undefined;
      return { offset: entry.offset, metadata: entry.metadata };
    });
  }

  async ends(partitions: readonly TopicPartition[]): Promise<PartitionEnds[]> {
    return Promise.all(
      partitions.map(async ({ topic, partition }) => {
        const { lowOffset, highOffset } = await this.#call<{ lowOffset: number; highOffset: number }>(
          `Reading the ends of ${topic}`,
          (done) => this.#raw.queryWatermarkOffsets(topic, partition, CALL_TIMEOUT_MS, done as never),
        );
        return { low: lowOffset, high: highOffset };
      }),
    );
  }

  /**
   * The first visible record at or after each offset; undefined where there is none, `late` where none came
   * within `timeoutMs`, or where it is in a batch that cannot be read.
   */
  firstRecords(
    positions: readonly TopicPartitionOffset[],
    timeoutMs: number,
    onUnreadable: (batch: UnreadableBatch) => void = () => undefined,
  ): Promise<(SourceMessage | undefined | 'late')[]> {
    if (positions.length === 0) return Promise.resolve([]);
    return this.#calls.during(() => this.#firstRecords(positions, timeoutMs, onUnreadable));
  }

  async #firstRecords(
    positions: readonly TopicPartitionOffset[],
    timeoutMs: number,
    onUnreadable: (batch: UnreadableBatch) => void,
  ): Promise<(SourceMessage | undefined | 'late')[]> {
    const found = new Map<string, SourceMessage | undefined>();
    const nameOf = ({ topic, partition }: TopicPartition): string => `${topic}/${partition}`;
    const onEnd = (partition: TopicPartition): void => {
      if (!found.has(nameOf(partition))) found.set(nameOf(partition), undefined);
    };
    this.#raw.on('partition.eof', onEnd as never);
    this.#raw.assign(positions as TopicPartitionOffset[]);
    const deadline = performance.now() + timeoutMs;
    const unreadable = new Set<string>();
    const isOpen = (place: TopicPartition): boolean =>
      !found.has(nameOf(place)) && !unreadable.has(nameOf(place));
    try {
      while (positions.some(isOpen) && performance.now() < deadline) {
        const messages = await this.#consume(500, (batch) => {
          if (!unreadable.has(nameOf(batch))) onUnreadable(batch);
          unreadable.add(nameOf(batch));
        });
        for (const message of messages) if (!found.get(nameOf(message))) found.set(nameOf(message), message);
      }
    } finally {
      this.#raw.unassign();
      this.#raw.removeListener('partition.eof', onEnd as never);
    }
    return positions.map((position) => (found.has(nameOf(position)) ? found.get(nameOf(position)) : 'late'));
  }

  async #consume(max: number, onUnreadable: (batch: UnreadableBatch) => void): Promise<SourceMessage[]> {
    try {
      return await this.#call<SourceMessage[]>('Reading records', (done) =>
        this.#raw.consume(max, done as never),
      );
    } catch (error) {
      const batch = unreadableBatch((error as Error).cause);
      if (batch === undefined) throw error;
      onUnreadable(batch);
      return [];
    }
  }

  /** Polls once. Resolves with the error of the poll, or with null. */
  pollError(): Promise<unknown> {
    return this.#calls.during(
      () => new Promise((resolve) => this.#raw.consume(1, (reason) => resolve(reason))),
    );
  }

  /** The first offset since a time (ms since 1970) in each partition; undefined where nothing is that new. */
  async offsetsSince(
    partitions: readonly TopicPartition[],
    sinceMs: number,
  ): Promise<(number | undefined)[]> {
    const places = partitions.map(({ topic, partition }) => ({ topic, partition, offset: sinceMs }));
    const found = await this.#call<TopicPartitionOffset[]>('Looking for a time', (done) =>
      this.#raw.offsetsForTimes(places as never, CALL_TIMEOUT_MS, done as never),
    );
    return found.map(({ offset }) => (offset >= 0 ? offset : undefined));
  }

  /** As nobody in the group: KS_MEMBER_FENCED while it has members. */
  commitFromOutside(offsets: readonly TopicPartitionOffset[]): void {
    this.#calls.checkOpen();
    try {
      this.#raw.commitSync(offsets as never);
    } catch (error) {
      throw fromRdkafka(error, `Committing to the group "${this.#options.group}"`);
    }
  }

  /** Waits for what is asked at the moment, 10 s at most. A client with a thread that hangs is left behind. */
  async close(): Promise<void> {
    await withDeadline(this.#calls.end(), 2 * CALL_TIMEOUT_MS, 'Closing a client');
    const other = this.#offsetsReader?.then((reader) => reader.close());
    await other?.catch(() => undefined); // it never opened, which whoever asked was told
    const call = new Promise<void>((resolve) => {
      this.#raw.disconnect(() => resolve());
    });
    await withDeadline(call, CALL_TIMEOUT_MS, 'Closing a client');
  }

  async #openOffsetsReader(): Promise<GroupReader> {
    const reader = new GroupReader({ ...this.#options, isolation: 'read_uncommitted' });
    try {
      await reader.connect();
      return reader;
    } catch (error) {
      this.#offsetsReader = undefined; // the next call tries again
      await reader.close();
      throw error;
    }
  }

  /** A broker that has just started does not yet know who looks after the group. */
  async #askCoordinator<T>(doing: string, start: Start<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      this.#calls.checkOpen();
      try {
        return await this.#call(doing, start);
      } catch (error) {
        const code = rdkafkaCode((error as Error).cause);
        if (code === undefined || !coordinatorMissing.has(code) || attempt === COORDINATOR_ATTEMPTS)
          throw error;
        await sleep(COORDINATOR_WAIT_MS);
      }
    }
  }

  #call<T>(doing: string, start: Start<T>): Promise<T> {
    const call = this.#calls.during(
      () =>
        new Promise<T>((resolve, reject) => {
          start((error, result) => (error ? reject(fromRdkafka(error, doing)) : resolve(result)));
        }),
    );
    return withDeadline(call, 2 * CALL_TIMEOUT_MS, doing);
  }
}
