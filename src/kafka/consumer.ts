import rdkafkaModule from 'node-rdkafka';
import type { ConsumerClient, RebalanceListener } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import { sleep } from '../signal.ts';
import type { SourceMessage, TopicPartition, TopicPartitionOffset } from '../types.ts';
import { withDeadline } from './deadline.ts';
import { fromRdkafka, rdkafka, rdkafkaCode } from './errors.ts';
import { Refusals } from './handshake.ts';
import { CommitAnswers } from './commit-answers.ts';
import { connectClient, makeClient } from './connect.ts';

const { KafkaConsumer } = rdkafkaModule;
type RawConsumer = InstanceType<typeof KafkaConsumer>;

/** librdkafka waits this long for the *next* message of a poll, not for the poll as a whole. */
const POLL_WAIT_MS = 1;
const DISCONNECT_TIMEOUT_MS = 15_000;
const COMMIT_TIMEOUT_MS = 30_000;
/** A request that a network has swallowed is answered after a minute; asking again is sooner. */
const COMMIT_ANSWER_MS = 15_000;
const COMMIT_ATTEMPTS_MAX = 6;
/** How often, and how many times, the broker is asked for offsets whose answer cannot come. */
const COMMIT_ASK_MS = 250;
const COMMIT_ASKS_MAX = 12;

export interface ConsumerOptions {
  readonly index: number;
  readonly topics: readonly string[];
  readonly properties: Record<string, string | number | boolean>;
  readonly topicProperties: Record<string, string | number | boolean>;
  /** Offsets are only handed to librdkafka, which commits them from time to time (`enable_auto_commit`). */
  readonly commitsItself: boolean;
  readonly listener: RebalanceListener;
  readonly onWarning: (error: KubesentimentError) => void;
  readonly connectTimeoutMs: number;
}

/** One member of the group, over node-rdkafka in its polling mode. */
export class RdkafkaConsumer implements ConsumerClient {
  readonly index: number;
  /** For `sendOffsetsToTransaction`, which wants the raw client. */
  readonly raw: RawConsumer;
  readonly #options: ConsumerOptions;
  #polling: Promise<unknown> = Promise.resolve();
  /** Rebalance events are handled one after the other. */
  #rebalancing: Promise<void> = Promise.resolve();
  #rebalancesPending = 0;
  /** Remembered at the first assignment: on disconnect librdkafka answers NONE (node-rdkafka 1144). */
  #cooperative = false;
  #disconnecting = false;
  readonly #refusals = new Refusals();
  readonly #commitAnswers = new CommitAnswers();

  constructor(options: ConsumerOptions) {
    this.index = options.index;
    this.#options = options;
    const properties = {
      ...options.properties,
      rebalance_cb: (error: unknown, partitions: TopicPartition[]) => this.#onRebalance(error, partitions),
      ...(options.commitsItself
        ? {}
        : {
            offset_commit_cb: (error: unknown, offsets: readonly TopicPartitionOffset[]) =>
              this.#commitAnswers.add(error, offsets),
          }),
    };
    this.raw = makeClient(() => new KafkaConsumer(properties as never, options.topicProperties as never));
    this.raw.setDefaultConsumeTimeout(POLL_WAIT_MS);
    this.raw.on('event.error', (error) => this.#onError(error));
  }

  connect(): Promise<void> {
    return connectClient(this.raw, this.#options.connectTimeoutMs, this.#options.onWarning);
  }

  subscribe(): void {
    this.raw.subscribe([...this.#options.topics]);
  }

  /**
   * While a rebalance is being handled nothing is read: a message read before an assignment and handed
   * out after it could not be told from a new one.
   */
  async poll(max: number): Promise<readonly SourceMessage[]> {
    if (this.#rebalancesPending > 0) await this.#rebalancing;
    const call = new Promise<readonly SourceMessage[]>((resolve, reject) => {
      this.raw.consume(max, (error, messages) => {
        if (error) reject(error);
        else resolve(messages as unknown as SourceMessage[]);
      });
    });
    this.#polling = call.catch(() => undefined);
    try {
      return await call;
    } catch (error) {
      this.#onError(error);
      return [];
    }
  }

  pause(partitions: readonly TopicPartition[]): void {
    if (partitions.length > 0) this.raw.pause([...partitions]);
  }

  resume(partitions: readonly TopicPartition[]): void {
    if (partitions.length > 0) this.raw.resume([...partitions]);
  }

  async commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    if (this.#options.commitsItself) {
      this.raw.offsetsStore([...offsets]);
      return;
    }
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#commitOnce(offsets);
      } catch (error) {
        const known = error as KubesentimentError;
        if (known.code !== 'KS_KAFKA_RETRIABLE' || attempt >= COMMIT_ATTEMPTS_MAX) throw known;
        this.#options.onWarning(known);
        await sleep(100 * attempt);
      }
    }
  }

  /** The same offsets may be committed twice. */
  async #commitOnce(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    let isOver = false;
    const answered = this.#commitAnswers.of(offsets).finally(() => {
      isOver = true;
    });
    this.raw.commit([...offsets]);
    const known = Promise.race([answered, this.#askWhileRebalancing(offsets, () => isOver)]);
    try {
      await withDeadline(known, COMMIT_ANSWER_MS, 'Committing offsets', 'KS_KAFKA_RETRIABLE');
    } finally {
      isOver = true;
    }
  }

  /**
   * Answers come by polling, and while a rebalance is handled nobody polls, for its handling waits for this commit.
   * Then the group's offsets tell. A member that the group has forgotten never gets to see them move.
   */
  async #askWhileRebalancing(offsets: readonly TopicPartitionOffset[], isOver: () => boolean): Promise<void> {
    for (let asked = 0; asked < COMMIT_ASKS_MAX; ) {
      await sleep(COMMIT_ASK_MS);
      if (isOver()) return;
      if (this.#rebalancesPending === 0) continue;
      asked++;
      const found = await this.committed(offsets);
      if (offsets.every((wanted) => found.some((each) => reaches(each, wanted)))) return;
    }
    throw new KubesentimentError('KS_MEMBER_FENCED', 'Partitions moved before their offsets were committed.');
  }

  async committed(partitions: readonly TopicPartition[]): Promise<TopicPartitionOffset[]> {
    const call = new Promise<readonly (TopicPartition & { offset?: number })[]>((resolve, reject) => {
      this.raw.committed([...partitions], COMMIT_TIMEOUT_MS, (error, found) => {
        if (error) reject(fromRdkafka(error, 'Reading committed offsets'));
        else resolve(found as never);
      });
    });
    const found = await withDeadline(call, 2 * COMMIT_TIMEOUT_MS, 'Reading committed offsets');
    return found.map(({ topic, partition, offset = -1 }) => ({
      topic,
      partition,
      offset: Math.max(offset, -1),
    }));
  }

  logEnd(partition: TopicPartition): number {
    try {
      return this.raw.getWatermarkOffsets(partition.topic, partition.partition).highOffset;
    } catch {
      return -1; // nothing fetched yet
    }
  }

  async disconnect(): Promise<void> {
    this.#disconnecting = true;
    await this.#rebalancing;
    const call = new Promise<void>((resolve) => {
      this.raw.disconnect(() => resolve());
    });
    await withDeadline(call, DISCONNECT_TIMEOUT_MS, `Closing consumer ${this.index}`);
    await this.#rebalancing;
  }

  #onRebalance(error: unknown, partitions: TopicPartition[]): void {
    const code = rdkafkaCode(error);
    this.#rebalancesPending++;
    this.#rebalancing = this.#rebalancing
      .then(() => (code === rdkafka.assignPartitions ? this.#assign(partitions) : this.#revoke(partitions)))
      .catch((reason) => this.#options.listener.fatal(reason))
      .finally(() => {
        this.#rebalancesPending--;
      });
  }

  async #assign(partitions: TopicPartition[]): Promise<void> {
    await this.#polling;
    this.#cooperative = this.raw.rebalanceProtocol() === 'COOPERATIVE';
    this.#options.listener.assigned(this, partitions);
    this.#answer('Taking partitions', () => {
      if (this.#cooperative) this.raw.incrementalAssign(partitions);
      else this.raw.assign(partitions);
    });
  }

  async #revoke(partitions: TopicPartition[]): Promise<void> {
    await this.#options.listener.revoked(this, partitions, false);
    this.#answer('Giving partitions back', () => {
      if (this.#cooperative) this.raw.incrementalUnassign(partitions);
      else this.raw.unassign();
    });
  }

  /** A consumer that is closing has its own answer to a rebalance, and refuses ours as an erroneous state. */
  #answer(doing: string, call: () => void): void {
    try {
      call();
    } catch (error) {
      if (!this.#disconnecting) throw fromRdkafka(error, doing);
    }
  }

  #onError(error: unknown): void {
    const code = rdkafkaCode(error);
    if (code === rdkafka.autoOffsetReset) {
      this.#options.listener.fatal(
        new KubesentimentError(
          'KS_KAFKA_FATAL',
          'A partition has no committed offset and auto_offset_reset is none.',
          {
            remedy: 'Commit a starting offset for the group, or set auto_offset_reset to earliest or latest.',
            cause: error,
          },
        ),
      );
      return;
    }
    const known = this.#refusals.add(error) ?? fromRdkafka(error, `Consumer ${this.index}`);
    const fatal =
      code === rdkafka.fatal || code === rdkafka.fencedInstance || known.code === 'KS_NOT_AUTHORIZED';
    if (fatal && !this.#disconnecting) this.#options.listener.fatal(known);
    else this.#options.onWarning(known);
  }
}

function reaches(found: TopicPartitionOffset, wanted: TopicPartitionOffset): boolean {
  return (
    found.topic === wanted.topic && found.partition === wanted.partition && found.offset >= wanted.offset
  );
}
