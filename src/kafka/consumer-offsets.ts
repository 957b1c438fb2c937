import type { TopicPartition, TopicPartitionOffset } from '../types.ts';
import { CommitAnswers, commitFailure } from './commit-answers.ts';
import { withDeadline } from './deadline.ts';
import { fromRdkafka } from './errors.ts';

/** What a consumer of node-rdkafka does here. */
interface RawConsumer {
  commit(offsets: readonly TopicPartitionOffset[]): unknown;
  committed(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
    done: (error: unknown, found: readonly (TopicPartition & { offset?: number })[]) => void,
  ): unknown;
}

const READ_TIMEOUT_MS = 30_000;
/** A request that a network has swallowed is answered after a minute; asking again is sooner. */
const COMMIT_ANSWER_MS = 15_000;

/** Commits the offsets of one consumer, and asks what the group has. */
export class ConsumerOffsets {
  readonly #raw: RawConsumer;
  readonly #answers = new CommitAnswers();

  constructor(raw: object) {
    this.#raw = raw as RawConsumer;
  }

  /** An answer to a commit, perhaps to one made here. */
  answered(error: unknown, offsets: readonly TopicPartitionOffset[]): void {
    this.#answers.add(error, offsets);
  }

  /**
   * The answer comes by polling, and without room nobody polls for a while: so the group is asked as well, over the
   * same connection, which is in order.
   */
  async commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    try {
      this.#raw.commit([...offsets]); // throws when the consumer is closing: nobody waits for an answer then
      const answered = Promise.race([this.#answers.of(offsets), this.#untilCommitted(offsets)]);
      await withDeadline(answered, COMMIT_ANSWER_MS, 'Committing offsets', 'KS_KAFKA_RETRIABLE');
    } catch (error) {
      throw commitFailure(error);
    }
  }

  async hasCommitted(offsets: readonly TopicPartitionOffset[]): Promise<boolean> {
    const call = new Promise<readonly (TopicPartition & { offset?: number })[]>((resolve, reject) => {
      this.#raw.committed([...offsets], READ_TIMEOUT_MS, (error, found) => {
        if (error) reject(fromRdkafka(error, 'Reading committed offsets'));
        else resolve(found);
      });
    });
    const found = await withDeadline(call, 2 * READ_TIMEOUT_MS, 'Reading committed offsets');
    return offsets.every(({ topic, partition, offset }) =>
      found.some(
        (entry) => entry.topic === topic && entry.partition === partition && (entry.offset ?? -1) >= offset,
      ),
    );
  }

  /** Never resolves if the group lacks these offsets; the answer to the commit has the reason. */
  async #untilCommitted(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const isThere = await this.hasCommitted(offsets).catch(() => false);
    if (!isThere) await new Promise(() => undefined);
  }
}
