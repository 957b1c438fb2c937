import type { KubesentimentError } from '../errors.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';
import type { CallsInFlight } from './calls-in-flight.ts';
import { rdkafka, rdkafkaCode } from './codes.ts';
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
  readonly calls: CallsInFlight;
  /** Offsets are only handed to librdkafka, which commits them from time to time. */
  readonly commitsItself: boolean;
  readonly onWarning: (error: KubesentimentError) => void;
}

const READ_TIMEOUT_MS = 10_000;
/** A request that a network has swallowed is answered after a minute; asking again is sooner. */
const COMMIT_ANSWER_MS = 15_000;
/** A thread that asks cannot be stopped, and whoever closes the client waits for it. */
const ASK_MS = 2_000;

/** The offsets that a member commits by itself, without a transaction. */
export class MemberOffsets {
  readonly #options: MemberOffsetsOptions;
  readonly #raw: RawConsumer;
  readonly #answers = new CommitAnswers();

  constructor(options: MemberOffsetsOptions) {
    this.#options = options;
    this.#raw = options.raw as RawConsumer;
  }

  /** An answer of librdkafka to a commit. */
  answered(error: unknown, offsets: readonly TopicPartitionOffset[]): void {
    this.#answers.add(error, offsets);
  }

  async commit(offsets: readonly TopicPartitionOffset[], timeoutMs = COMMIT_ANSWER_MS): Promise<void> {
    const { commitsItself, onWarning } = this.#options;
    try {
      if (commitsItself) this.#raw.offsetsStore([...offsets]);
      else await this.#commit(offsets, timeoutMs);
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

  /** What the group has for each of these partitions; undefined where it has nothing. */
  async #found(offsets: readonly TopicPartitionOffset[], timeoutMs: number): Promise<(number | undefined)[]> {
    const call = this.#options.calls.during(
      () =>
        new Promise<readonly (TopicPartition & { offset?: number })[]>((resolve, reject) => {
          this.#raw.committed([...offsets], Math.ceil(timeoutMs), (error, found) => {
            if (error) reject(fromRdkafka(error, 'Reading committed offsets'));
            else resolve(found);
          });
        }),
    );
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
  async #commit(offsets: readonly TopicPartitionOffset[], timeoutMs: number): Promise<void> {
    const over = { at: performance.now() + timeoutMs };
    this.#raw.commit([...offsets]); // throws when the consumer is closing: nobody waits for an answer then
    const answered = Promise.race([this.#answers.of(offsets), this.#untilCommitted(offsets, over)]);
    try {
      await withDeadline(answered, timeoutMs, 'Committing offsets', 'KS_KAFKA_RETRIABLE');
    } finally {
      over.at = 0;
    }
  }

  /**
   * Never resolves if the group lacks these offsets; the answer to the commit has the reason. Asks in short turns while
   * nobody answers, until it is `over`.
   */
  async #untilCommitted(
    offsets: readonly TopicPartitionOffset[],
    over: { readonly at: number },
  ): Promise<void> {
    while (!this.#options.calls.isClosing) {
      const leftMs = over.at - performance.now();
      if (leftMs <= 0) break;
      const isThere = await this.haveCommitted(offsets, Math.min(ASK_MS, leftMs)).catch(hasTimedOut);
      if (isThere === true) return;
      if (isThere === false) break;
    }
    await new Promise(() => undefined);
  }
}

/** Undefined: nobody has answered. False: it makes no sense to ask again at once. */
function hasTimedOut(error: unknown): undefined | false {
  return rdkafkaCode((error as Error).cause) === rdkafka.timedOut ? undefined : false;
}
