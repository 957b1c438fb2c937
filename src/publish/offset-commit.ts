import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient } from '../clients.ts';
import type { PartitionState } from '../consume/partition-state.ts';
import type { KubesentimentError } from '../errors.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';
import { passingError } from './fatal-errors.ts';

/** The current state of a partition in a cycle. */
export type StateOf = (consumer: ConsumerClient, partition: TopicPartition) => PartitionState;

/** Called when the group no longer knows a consumer: its partitions already belong to others. */
export type OnFenced = (consumer: ConsumerClient) => void;

/** Whether results and offsets of the partition may still be published. */
export function isOurs(state: PartitionState): boolean {
  return state === 'held' || state === 'doubted' || state === 'draining';
}

export interface OffsetCommitOptions {
  readonly consumer: ConsumerClient;
  /** Their records are durable. */
  readonly offsets: readonly TopicPartitionOffset[];
  readonly stateOf: StateOf;
  readonly onFenced: OnFenced;
}

const PAUSE_MS = 50;
const PAUSE_MS_MAX = 1_000;
/**
 * A member that gives partitions back keeps its generation, so the group may reject it once by chance, but not twice.
 */
const REFUSALS_MAX = 2;

/**
 * Commits offsets until the group accepts them or the partitions belong to others. During a rebalance the group
 * rejects commits under the generation that has just ended, and accepts them again afterwards.
 */
export class OffsetCommit {
  /** Rejects only with an error after which nothing more may be committed. */
  readonly done: Promise<void>;
  readonly #options: OffsetCommitOptions;
  #isDone = false;
  #failures = 0;
  #lastFailure: KubesentimentError | undefined;

  constructor(options: OffsetCommitOptions) {
    this.#options = options;
    this.done = this.#run();
  }

  get isDone(): boolean {
    return this.#isDone;
  }

  /** Failed attempts, not counting those due to a rebalance. */
  get failures(): number {
    return this.#failures;
  }

  get lastFailure(): KubesentimentError | undefined {
    return this.#lastFailure;
  }

  async #run(): Promise<void> {
    const { consumer, offsets, stateOf, onFenced } = this.#options;
    let refusals = 0;
    for (let attempt = 1; ; attempt++) {
      const ours = offsets.filter((entry) => isOurs(stateOf(consumer, entry)));
      const isLeaving = ours.some((entry) => stateOf(consumer, entry) === 'draining');
      const error = ours.length === 0 ? undefined : await this.#attempt(ours);
      if (error === undefined) break;
      if (error.code !== 'KS_MEMBER_FENCED') {
        this.#failures++;
        this.#lastFailure = error;
      }
      // librdkafka waits for us to give the partitions back, and the group no longer knows this member.
      refusals = isLeaving && error.code === 'KS_MEMBER_FENCED' ? refusals + 1 : 0;
      if (refusals === REFUSALS_MAX) onFenced(consumer);
      await sleep(Math.min(PAUSE_MS * attempt, PAUSE_MS_MAX));
    }
    this.#isDone = true;
  }

  async #attempt(offsets: readonly TopicPartitionOffset[]): Promise<KubesentimentError | undefined> {
    try {
      await this.#options.consumer.commit(offsets);
      return undefined;
    } catch (error) {
      return passingError(error);
    }
  }
}
