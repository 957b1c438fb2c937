import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient } from '../clients.ts';
import { KubesentimentError } from '../errors.ts';
import { withTimeout } from '../timing.ts';
import type { TopicPartitionOffset } from '../types.ts';

const RETRY_MS = 100;
/** How much later than it was told to a call may return. */
const GRACE_MS = 1_000;

export interface RestoreOptions {
  readonly consumer: ConsumerClient;
  /**
   * What was committed last for partitions that are still ours. Asked again before anything is written: meanwhile a
   * partition may be found to have another log, where the group has an earlier offset because we have moved it.
   */
  readonly offsets: () => readonly TopicPartitionOffset[];
  /** After this the next owner has to make do with what the group has. */
  readonly limitMs: number;
  /** The group has lost these, and gets them again. */
  readonly onForgotten: (offsets: readonly TopicPartitionOffset[]) => void;
}

/**
 * Has the group remember what was committed in transactions, before their partitions go to somebody else. A broker that
 * has ceased to coordinate the group, and does not know it yet, can acknowledge offsets that its successor never gets
 * (KAFKA-20634, docs/adr/0053-forgotten-offsets.md): the results are there, and the next owner would write them again.
 * While we hold the partition, the next transaction repairs that by itself. Never rejects.
 */
export async function restoreOffsets(options: RestoreOptions): Promise<void> {
  const deadline = performance.now() + options.limitMs;
  if (options.offsets().length === 0) return;
  while (performance.now() < deadline) {
    const leftMs = deadline - performance.now();
    const step = withTimeout(attempt(options, leftMs), leftMs + GRACE_MS, () => 'kept' as const);
    const outcome = await step.catch(outcomeOf);
    if (outcome === 'kept') return;
    // What was just written is read once more: it may have gone the same way.
    if (outcome === 'failed') await sleep(RETRY_MS);
  }
}

type Outcome = 'kept' | 'written' | 'failed';

/** Nothing of it goes on when the time is up: the consumer may be closed then. */
async function attempt(
  { consumer, offsets, onForgotten }: RestoreOptions,
  timeoutMs: number,
): Promise<Outcome> {
  const deadline = performance.now() + timeoutMs;
  const found = await consumer.forgotten(offsets(), timeoutMs);
  const forgotten = found.filter((each) => offsets().some((last) => isSame(last, each)));
  if (forgotten.length === 0) return 'kept';
  onForgotten(forgotten);
  await consumer.commit(forgotten, Math.max(1, deadline - performance.now()));
  return 'written';
}

function isSame(a: TopicPartitionOffset, b: TopicPartitionOffset): boolean {
  return a.topic === b.topic && a.partition === b.partition && a.offset === b.offset;
}

/** A group that no longer knows the consumer has given its partitions away. */
function outcomeOf(error: unknown): Outcome {
  return error instanceof KubesentimentError && error.code === 'KS_MEMBER_FENCED' ? 'kept' : 'failed';
}
