import { setTimeout as sleep } from 'node:timers/promises';
import type { AssignedPartition } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';
import { CommitAnswers } from './commit-answers.ts';
import { withDeadline } from './deadline.ts';
import { fromRdkafka } from './errors.ts';
import type { GroupPositions } from './group-positions.ts';
import { type PartitionRange, startsOf, type StartPolicy } from './start-positions.ts';

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
  readonly positions: Pick<GroupPositions, 'committedOf'>;
  readonly policy: StartPolicy;
  readonly onWarning: (error: KubesentimentError) => void;
}

const CALL_TIMEOUT_MS = 10_000;
const COMMIT_TIMEOUT_MS = 5_000;
const LOOK_MS = 50;
const RETRY_MS = 250;
const RETRY_MS_MAX = 2_000;
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
        return await this.#find(partitions);
      } catch (error) {
        if (this.#isStopped) break;
        const known = error instanceof KubesentimentError ? error : fromRdkafka(error, 'Finding the start');
        if (known.code === 'KS_KAFKA_FATAL' || known.code === 'KS_NOT_AUTHORIZED') throw known;
        this.#options.onWarning(known);
        await sleep(Math.min(RETRY_MS_MAX, RETRY_MS * attempt), undefined, { ref: false });
      }
    }
    return partitions;
  }

  /** An answer to a commit, perhaps to one made here. */
  answered(error: unknown, offsets: readonly TopicPartitionOffset[]): void {
    this.#answers.add(error, offsets);
  }

  stop(): void {
    this.#isStopped = true;
  }

  async #find(partitions: readonly TopicPartition[]): Promise<readonly AssignedPartition[]> {
    const { positions, policy } = this.#options;
    const ranges = await this.#ranges(partitions);
    const topics = [...new Set(partitions.map(({ topic }) => topic))];
    const starts = await Promise.all(
      topics.map(async (topic) => {
        const assigned = partitions
          .filter((entry) => entry.topic === topic)
          .map(({ partition }) => partition);
        const ofTopic = new Map(
          assigned.map((partition) => [partition, ranges.get(`${topic}/${partition}`)]),
        );
        const known = new Map([...ofTopic].filter((entry): entry is [number, PartitionRange] => !!entry[1]));
        return startsOf(
          { topic, committed: await positions.committedOf(topic), ranges: known },
          assigned,
          policy,
        );
      }),
    );
    await this.#commit(starts.flatMap(({ toCommit }) => toCommit));
    return starts.flatMap((each) => each.partitions);
  }

  /** By topic and partition. */
  async #ranges(partitions: readonly TopicPartition[]): Promise<Map<string, PartitionRange>> {
    const [low, high] = await Promise.all([
      this.#offsets(partitions, BEGINNING),
      this.#offsets(partitions, END),
    ]);
    return new Map(
      partitions.map((entry, i) => [nameOf(entry), { low: low[i] as number, high: high[i] as number }]),
    );
  }

  async #offsets(partitions: readonly TopicPartition[], time: number): Promise<number[]> {
    const doing = 'Reading the ends of the partitions';
    const call = new Promise<readonly (Partial<TopicPartitionOffset> | Error)[]>((resolve, reject) => {
      const times = partitions.map(({ topic, partition }) => ({ topic, partition, offset: time }));
      this.#raw.offsetsForTimes(times, CALL_TIMEOUT_MS, (error, found) => {
        if (error) reject(fromRdkafka(error, doing));
        else resolve(found);
      });
    });
    const found = await withDeadline(call, 2 * CALL_TIMEOUT_MS, doing);
    return partitions.map((wanted) => {
      const entry = found.find(
        (each) => !(each instanceof Error) && nameOf(each as TopicPartition) === nameOf(wanted),
      );
      const { offset = -1 } = (entry ?? {}) as Partial<TopicPartitionOffset>;
      if (offset >= 0) return offset;
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

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
