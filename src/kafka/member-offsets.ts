import type { KubesentimentError } from '../errors.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';
import { CommitAnswers, commitFailure } from './commit-answers.ts';
import { withDeadline } from './deadline.ts';
import { fromRdkafka } from './errors.ts';

/** What a consumer of node-rdkafka does here. */
interface RawConsumer {
  commit(offsets: readonly TopicPartitionOffset[]): unknown;
  offsetsStore(offsets: readonly TopicPartitionOffset[]): unknown;
  committed(
    partitions: readonly TopicPartitionOffset[],
    timeoutMs: number,
    done: (error: unknown, found: readonly (TopicPartition & { offset?: number })[]) => void,
  ): unknown;
}

export interface MemberOffsetsOptions {
  readonly raw: object;
  /** Offsets are only handed to librdkafka, which commits them from time to time. */
  readonly commitsItself: boolean;
  readonly onWarning: (error: KubesentimentError) => void;
}

const READ_TIMEOUT_MS = 10_000;
/** A request that a network has swallowed is answered after a minute; asking again is sooner. */
const COMMIT_ANSWER_MS = 15_000;

/** The offsets that a member commits by itself, without a transaction. */
export class MemberOffsets {
  readonly #options: MemberOffsetsOptions;
  readonly #raw: RawConsumer;
  readonly #answers = new CommitAnswers();
  /** Questions to the group that are not answered yet. */
  readonly #asked = new Set<Promise<unknown>>();

  constructor(options: MemberOffsetsOptions) {
    this.#options = options;
    this.#raw = options.raw as RawConsumer;
  }

  /** An answer of librdkafka to a commit. */
  answered(error: unknown, offsets: readonly TopicPartitionOffset[]): void {
    this.#answers.add(error, offsets);
  }

  async commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const { commitsItself, onWarning } = this.#options;
    try {
      if (commitsItself) this.#raw.offsetsStore([...offsets]);
      else await this.#commit(offsets);
    } catch (error) {
      const known = commitFailure(error);
      if (known.code !== 'KS_MEMBER_FENCED') onWarning(known); // which is usual in a rebalance
      throw known;
    }
  }

  async haveCommitted(
    offsets: readonly TopicPartitionOffset[],
    timeoutMs = READ_TIMEOUT_MS,
  ): Promise<boolean> {
    const found = await this.#found(offsets, timeoutMs);
    return offsets.every(({ offset }, i) => (found[i] ?? -1) >= offset);
  }

  async forgotten(
    offsets: readonly TopicPartitionOffset[],
    timeoutMs: number,
  ): Promise<readonly TopicPartitionOffset[]> {
    const found = await this.#found(offsets, timeoutMs);
    return offsets.filter(({ offset }, i) => (found[i] ?? offset) < offset);
  }

  /**
   * Resolves when no thread waits for an answer any more. node-rdkafka frees the client that such a thread uses when it
   * is closed: it would go on in memory that is not its own, and keep the process for as long as it was to wait.
   */
  async end(): Promise<void> {
    await Promise.allSettled(this.#asked);
  }

  /** What the group has for each of these partitions; undefined where it has nothing. */
  async #found(offsets: readonly TopicPartitionOffset[], timeoutMs: number): Promise<(number | undefined)[]> {
    const call = new Promise<readonly (TopicPartition & { offset?: number })[]>((resolve, reject) => {
      this.#raw.committed([...offsets], Math.ceil(timeoutMs), (error, found) => {
        if (error) reject(fromRdkafka(error, 'Reading committed offsets'));
        else resolve(found);
      });
    });
    this.#asked.add(call);
    call.catch(() => undefined).finally(() => this.#asked.delete(call));
    const found = await withDeadline(call, timeoutMs + READ_TIMEOUT_MS, 'Reading committed offsets');
    return offsets.map(({ topic, partition }) => {
      const entry = found.find((each) => each.topic === topic && each.partition === partition);
      return entry?.offset !== undefined && entry.offset >= 0 ? entry.offset : undefined;
    });
  }

  /**
   * The answer comes by polling, and without room nobody polls for a while: so the group is asked as well, over the
   * same connection, which is in order.
   */
  async #commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    this.#raw.commit([...offsets]); // throws when the consumer is closing: nobody waits for an answer then
    const answered = Promise.race([this.#answers.of(offsets), this.#untilCommitted(offsets)]);
    await withDeadline(answered, COMMIT_ANSWER_MS, 'Committing offsets', 'KS_KAFKA_RETRIABLE');
  }

  /** Never resolves if the group lacks these offsets; the answer to the commit has the reason. */
  async #untilCommitted(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const isThere = await this.haveCommitted(offsets, COMMIT_ANSWER_MS).catch(() => false);
    if (!isThere) await new Promise(() => undefined);
  }
}
