import { setTimeout as sleep } from 'node:timers/promises';
import type { AssignedPartition, RebalanceListener } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import type { StallMark } from '../stall-marks.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';
import { CommitAnswers } from './commit-answers.ts';
import { withDeadline } from './deadline.ts';
import { fromRdkafka } from './errors.ts';
import type { GroupPositions } from './group-positions.ts';
import {
  type Committed,
  type PartitionRange,
  type StartPolicy,
  type Starts,
  startsOf,
} from './start-positions.ts';

/** What a consumer of node-rdkafka does here. */
interface RawConsumer {
  commit(offsets: readonly TopicPartitionOffset[]): unknown;
  offsetsForTimes(
    times: readonly TopicPartitionOffset[],
    timeoutMs: number,
    done: (error: unknown, found: readonly (Partial<TopicPartitionOffset> | Error)[]) => void,
  ): unknown;
}

export interface AssignmentStartsOptions {
  readonly raw: object;
  readonly positions: Pick<GroupPositions, 'committedOf' | 'firstIdOf' | 'hadOffsets' | 'marksOf'>;
  readonly policy: StartPolicy;
  readonly listener?: Pick<RebalanceListener, 'lastOf'>;
  readonly onWarning: (error: KubesentimentError) => void;
}

const CALL_TIMEOUT_MS = 5_000;
const SINGLE_TIMEOUT_MS = 2_000;
const COMMIT_TIMEOUT_MS = 5_000;
const LOOK_MS = 50;
const RETRY_MS = 250;
const RETRY_MS_MAX = 2_000;
interface FoundOffset {
  readonly offset: number;
  /** librdkafka puts it where the text of a committed offset would be (0012-recreated-topic.patch). */
  readonly topicId: string | undefined;
}

/** In place of a time: the oldest record kept, and one past the newest visible one. */
const BEGINNING = -2;
const END = -1;

/**
 * Finds the start of each assigned partition and has the group remember it, before a record is read: whoever gets the
 * partition next starts at the same place, however little was read here.
 */
export class AssignmentStarts {
  readonly #options: AssignmentStartsOptions;
  readonly #raw: RawConsumer;
  readonly #answers = new CommitAnswers();
  #isStopped = false;
  #stop: () => void = () => undefined;
  readonly #stopping = new Promise<undefined>((resolve) => {
    this.#stop = () => resolve(undefined);
  });

  constructor(options: AssignmentStartsOptions) {
    this.#options = options;
    this.#raw = options.raw as RawConsumer;
  }

  /**
   * Tries until it succeeds: a broker may be away. The consumer has to be polled meanwhile. KS_KAFKA_FATAL if there is
   * no start and the policy is `none`, KS_NOT_AUTHORIZED.
   */
  async of(partitions: readonly TopicPartition[]): Promise<readonly AssignedPartition[]> {
    for (let attempt = 1; !this.#isStopped && partitions.length > 0; attempt++) {
      try {
        const found = await Promise.race([this.#find(partitions), this.#stopping]);
        if (found !== undefined) return found;
      } catch (error) {
        if (this.#isStopped) break;
        const known = asKnown(error);
        if (known.code === 'KS_KAFKA_FATAL' || known.code === 'KS_NOT_AUTHORIZED') throw known;
        this.#options.onWarning(known);
        const pauseMs = Math.min(RETRY_MS_MAX, RETRY_MS * attempt);
        await Promise.race([sleep(pauseMs, undefined, { ref: false }), this.#stopping]);
      }
    }
    return partitions;
  }

  /** Both ends of an assigned partition. KS_KAFKA_RETRIABLE while it has no leader. */
  async rangeOf(place: TopicPartition): Promise<PartitionRange> {
    const ranges = await this.#rangesOf([place], CALL_TIMEOUT_MS);
    return ranges.get(place.partition) as PartitionRange;
  }

  /** Has the group remember where partitions start. */
  remember(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return this.#commit(offsets);
  }

  /** An answer to a commit, perhaps to one made here. */
  answered(error: unknown, offsets: readonly TopicPartitionOffset[]): void {
    this.#answers.add(error, offsets);
  }

  /** Whoever closes must not wait for brokers that are away. */
  stop(): void {
    this.#isStopped = true;
    this.#stop();
  }

  async #find(partitions: readonly TopicPartition[]): Promise<readonly AssignedPartition[]> {
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const starts = await Promise.all(
      topics.map((topic) =>
        this.#findIn(
          topic,
          partitions.filter((entry) => entry.topic === topic),
        ),
      ),
    );
    await this.#commit(starts.flatMap(({ toCommit }) => toCommit));
    return starts.flatMap((each) => each.partitions);
  }

  async #findIn(topic: string, partitions: readonly TopicPartition[]): Promise<Starts> {
    const { positions, policy, listener } = this.#options;
    try {
      const committed = await positions.committedOf(topic);
      const [ranges, marks] = await Promise.all([this.#ranges(partitions), positions.marksOf(partitions)]);
      const ids = [...ranges.values()].map(({ topicId }) => topicId);
      const firstId = positions.firstIdOf(
        topic,
        ids.find((id) => id !== undefined),
      );
      const hadOffsets = positions.hadOffsets(topic);
      const starts = startsOf(
        {
          topic,
          committed,
          ranges,
          firstId,
          hadOffsets,
          lastOf: (partition) => listener?.lastOf({ topic, partition }),
        },
        partitions.map(({ partition }) => partition),
        policy,
      );
      return {
        ...starts,
        partitions: starts.partitions.map((place, i) => withMarks(place, committed, marks[i])),
      };
    } catch (error) {
      // It has been deleted. The group will take the partitions back; the others must not wait for that.
      if (error instanceof KubesentimentError && error.code === 'KS_TOPIC_MISSING')
        return { partitions, toCommit: [] };
      throw error;
    }
  }

  /** By partition number; without those that have no leader. */
  async #ranges(partitions: readonly TopicPartition[]): Promise<Map<number, PartitionRange>> {
    try {
      return await this.#rangesOf(partitions, CALL_TIMEOUT_MS);
    } catch (error) {
      const known = asKnown(error);
      // Without metadata, as after a lost connection, the client takes every partition for unknown.
      if (!known.retryable && known.code !== 'KS_TOPIC_MISSING') throw known;
      this.#options.onWarning(known);
    }
    // One of them has none, and all are answered together: so each is asked by itself.
    const answers = await Promise.allSettled(
      partitions.map((partition) => this.#rangesOf([partition], SINGLE_TIMEOUT_MS)),
    );
    return new Map(answers.flatMap((each) => (each.status === 'fulfilled' ? [...each.value] : [])));
  }

  async #rangesOf(
    partitions: readonly TopicPartition[],
    timeoutMs: number,
  ): Promise<Map<number, PartitionRange>> {
    const [low, high] = await Promise.all([
      this.#offsets(partitions, BEGINNING, timeoutMs),
      this.#offsets(partitions, END, timeoutMs),
    ]);
    return new Map(
      partitions.map(({ partition }, i) => {
        const { offset, topicId } = low[i] as FoundOffset;
        return [partition, { low: offset, high: (high[i] as FoundOffset).offset, topicId }];
      }),
    );
  }

  async #offsets(
    partitions: readonly TopicPartition[],
    time: number,
    timeoutMs: number,
  ): Promise<FoundOffset[]> {
    const doing = 'Reading the ends of the partitions';
    const call = new Promise<readonly (Partial<TopicPartitionOffset> | Error)[]>((resolve, reject) => {
      const times = partitions.map(({ topic, partition }) => ({ topic, partition, offset: time }));
      this.#raw.offsetsForTimes(times, timeoutMs, (error, found) => {
        if (error) reject(fromRdkafka(error, doing));
        else resolve(found);
      });
    });
    const found = await withDeadline(call, 2 * timeoutMs, doing, 'KS_KAFKA_RETRIABLE');
    return partitions.map((wanted) => {
      const entry = found.find(
        (each) => !(each instanceof Error) && nameOf(each as TopicPartition) === nameOf(wanted),
      );
      const { offset = -1, metadata } = (entry ?? {}) as Partial<TopicPartitionOffset>;
      if (offset >= 0) return { offset, topicId: metadata };
      throw new KubesentimentError('KS_KAFKA_RETRIABLE', `${doing} failed: ${nameOf(wanted)} has no leader.`);
    });
  }

  /** A group that has moved on assigns the partitions again, so its refusal needs no answer. */
  async #commit(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    if (offsets.length === 0) return;
    const doing = 'Committing where partitions start';
    try {
      const answer = this.#answers.of(offsets);
      this.#raw.commit(offsets);
      await withDeadline(
        Promise.race([answer, this.#untilVisible(offsets)]),
        COMMIT_TIMEOUT_MS,
        doing,
        'KS_KAFKA_RETRIABLE',
      );
    } catch (error) {
      if (!(error instanceof KubesentimentError && error.code === 'KS_MEMBER_FENCED')) throw error;
    }
  }

  /** The answer comes by polling, and whoever closes does not poll any more. */
  async #untilVisible(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    const deadline = performance.now() + COMMIT_TIMEOUT_MS;
    while (performance.now() < deadline && !this.#isStopped) {
      await sleep(LOOK_MS, undefined, { ref: false });
      const topics = [...new Set(offsets.map(({ topic }) => topic))];
      const found = await Promise.all(topics.map((topic) => this.#options.positions.committedOf(topic)));
      const isThere = ({ topic, partition, offset }: TopicPartitionOffset): boolean =>
        found[topics.indexOf(topic)]?.[partition]?.offset === offset;
      if (offsets.every(isThere)) return;
    }
    if (!this.#isStopped) await new Promise(() => undefined); // the deadline is next
  }
}

/** Marks count where the group goes on, and only from there. */
function withMarks(
  place: AssignedPartition,
  committed: readonly (Committed | undefined)[],
  marks: readonly StallMark[] | undefined,
): AssignedPartition {
  const known = committed[place.partition];
  if (marks === undefined || known === undefined || place.start !== undefined) return place;
  const ahead = marks.filter(({ last }) => last >= known.offset);
  return ahead.length === 0 ? place : { ...place, marks: ahead };
}

function asKnown(error: unknown): KubesentimentError {
  return error instanceof KubesentimentError ? error : fromRdkafka(error, 'Finding the start');
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
