import { readCommitText } from '../commit-text.ts';
import type { Config } from '../config/schema.ts';
import { readDeadLetter } from '../dead-letter.ts';
import { RequestReader } from '../decode/request-reader.ts';
import { KubesentimentError } from '../errors.ts';
import type { GroupReader } from '../kafka/group-reader.ts';
import type { Committed } from '../kafka/start-positions.ts';
import type { ValueReader } from '../registry/result-reader.ts';
import { hasSchemas } from '../request-shape.ts';
import type { SourceMessage, TopicPartition, TopicPartitionOffset } from '../types.ts';
import { forTopic } from '../config/topic-requests.ts';
import type { RecordKind } from './tally.ts';

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

/** What the offsets of a group say of the past: which requests were meant for it, and which log is the present one. */
export class History {
  /** Requests from before the group began to read. */
  beforeStart = 0;
  tombstones = 0;
  readonly #config: Config;
  readonly #passedOver = new Map<string, (message: SourceMessage) => boolean>();
  /** Of results that are members of their requests. */
  readonly #member: string | undefined;
  readonly #committed: CommittedOffsets;
  readonly #readValue: ValueReader;

  /** `readValue`: of results. */
  constructor(config: Config, committed: CommittedOffsets, readValue: ValueReader) {
    const { result } = config;
    this.#config = config;
    this.#member = result.shape === 'request' ? result.member : undefined;
    this.#committed = committed;
    this.#readValue = readValue;
  }

  /** How many offsets were deleted before they were read. */
  get skipped(): number {
    const texts = [...this.#committed.values()].map((entry) => readCommitText(entry?.metadata));
    return texts.reduce((sum, text) => sum + (text?.skipped ?? 0), 0);
  }

  committedOffset(partition: TopicPartition): number {
    return this.#committed.get(nameOf(partition))?.offset ?? 0;
  }

  /** Whether this record of a request topic must have a result or a dead letter. */
  expects(message: SourceMessage): boolean {
    const start = readCommitText(this.#committed.get(nameOf(message))?.metadata)?.start ?? 0;
    const isTombstone = this.#isPassedOver(message);
    if (message.offset < start) this.beforeStart++;
    else if (isTombstone) this.tombstones++;
    return message.offset >= start && !isTombstone;
  }

  #isPassedOver(message: SourceMessage): boolean {
    const { topic } = message;
    const test = this.#passedOver.get(topic) ?? tombstones(forTopic(this.#config, topic));
    this.#passedOver.set(topic, test);
    return test(message);
  }

  /** Whether the record is about a request of a log that is gone: another one has that offset now. */
  isOfEarlierLog(kind: RecordKind, origin: TopicPartitionOffset, record: SourceMessage): boolean {
    const reset = readCommitText(this.#committed.get(nameOf(origin))?.metadata)?.reset;
    if (reset === undefined || origin.offset < reset.from) return false;
    const said = kind === 'result' ? processedAt(record, this.#member, this.#readValue) : failedAt(record);
    return madeAt(said, record) < reset.sinceMs;
  }
}

/** What the service passes over: only an envelope makes a record with a value one. */
function tombstones(config: Config): (message: SourceMessage) => boolean {
  const { envelope, tombstones: handling } = config.request;
  if (handling !== 'skip') return () => false;
  if (envelope !== 'connect' && envelope !== 'debezium') return ({ value }) => value === null;
  if (hasSchemas(config.request)) {
    throw new KubesentimentError(
      'KS_USAGE',
      `In values behind a Schema Registry, verify cannot tell what request.envelope: ${envelope} calls a deletion.`,
      { remedy: 'Compare the dead letters and results with the topic by hand.' },
    );
  }
  const reader = new RequestReader(config);
  return (message) => reader.isDeletion(message);
}

/** By the clock of the service where the record says so, which is the one that timed the reset. */
function madeAt(said: number, record: SourceMessage): number {
  return Number.isNaN(said) ? (record.timestamp ?? Number.POSITIVE_INFINITY) : said;
}

/** A replay that fails again keeps the time of the first failure. */
function failedAt(record: SourceMessage): number {
  const { firstFailedAt, replays } = readDeadLetter(record);
  return replays > 0 ? Number.NaN : Date.parse(firstFailedAt);
}

function processedAt({ value }: SourceMessage, member: string | undefined, readValue: ValueReader): number {
  try {
    const json = readValue(value) as Record<string, Record<string, unknown>>;
    const at = (member === undefined ? json : json[member])?.['processed_at'];
    return typeof at === 'number' ? at : Date.parse(String(at));
  } catch {
    return Number.NaN; // of another program
  }
}

function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
