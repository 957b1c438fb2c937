import type { Config } from '../config/schema.ts';
import type { GroupReader } from '../kafka/group-reader.ts';
import { type Committed, startIn } from '../kafka/start-positions.ts';
import type { SourceMessage, TopicPartition } from '../types.ts';

/** By `topic/partition`; undefined where the group has committed nothing. */
export type CommittedOffsets = ReadonlyMap<string, Committed | undefined>;

export async function committedOffsets(
  group: GroupReader,
  topics: readonly string[],
): Promise<CommittedOffsets> {
  const partitions = (await Promise.all(topics.map((topic) => group.partitionsOf(topic)))).flat();
  const committed = await group.committedEntries(partitions);
  return new Map(partitions.map((partition, i) => [nameOf(partition), committed[i]]));
}

/** Which records of the request topics must have a result or a dead letter. */
export class Expectation {
  beforeStart = 0;
  tombstones = 0;
  readonly #skipsTombstones: boolean;
  readonly #committed: CommittedOffsets;

  constructor({ request }: Config, committed: CommittedOffsets) {
    this.#skipsTombstones = request.tombstones === 'skip';
    this.#committed = committed;
  }

  of(message: SourceMessage): boolean {
    const start = startIn(this.#committed.get(nameOf(message))?.metadata) ?? 0;
    const isTombstone = this.#skipsTombstones && message.value === null;
    if (message.offset < start) this.beforeStart++;
    else if (isTombstone) this.tombstones++;
    return message.offset >= start && !isTombstone;
  }
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
