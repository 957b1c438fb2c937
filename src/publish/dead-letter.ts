import { type ErrorType, errorTypes, type SourceMessage, type TopicPartitionOffset } from '../types.ts';

/** What the headers of a dead letter say; nothing of the message itself, whose text and key are the user's. */
export interface DeadLetter {
  readonly partition: number;
  readonly offset: number;
  /** When it was written, milliseconds since 1970; -1 unknown. */
  readonly timestamp: number;
  readonly bytes: number;
  /** undefined: a record that this program has not written. */
  readonly reason: ErrorType | undefined;
  readonly sentence: string;
  readonly stage: string;
  readonly attempts: number;
  readonly firstFailedAt: string;
  /** How often it has been replayed. */
  readonly replays: number;
  readonly origin: TopicPartitionOffset | undefined;
}

const REPLAYS = 'x-replay-count';

/** Reads a record of the dead-letter topic. Never fails: what is not ours has no reason and no origin. */
export function readDeadLetter(message: SourceMessage): DeadLetter {
  const header = (name: string): string => headerOf(message, name) ?? '';
  const reason = errorTypes.find((type) => type === header('x-error-type'));
  const origin: TopicPartitionOffset = {
    topic: header('kafka_dlt-original-topic'),
    partition: wholeNumber(header('kafka_dlt-original-partition')),
    offset: wholeNumber(header('kafka_dlt-original-offset')),
  };
  const isOurs = reason !== undefined && origin.topic !== '' && origin.partition >= 0 && origin.offset >= 0;
  return {
    partition: message.partition,
    offset: message.offset,
    timestamp: message.timestamp ?? -1,
    bytes: message.size,
    reason: isOurs ? reason : undefined,
    sentence: header('kafka_dlt-exception-message'),
    stage: header('x-stage'),
    attempts: Math.max(0, wholeNumber(header('x-attempts'))),
    firstFailedAt: header('x-first-failed-at'),
    // A count that cannot be read is no licence to go round for ever.
    replays: countOf(headerOf(message, REPLAYS)),
    origin: isOurs ? origin : undefined,
  };
}

/** The first header of that name, as UTF-8 text. */
export function headerOf(message: SourceMessage, name: string): string | undefined {
  const found = message.headers?.find((entry) => Object.hasOwn(entry, name));
  return found?.[name]?.toString();
}

/** The headers of a replay: as they were, with one more in the count. */
export function replayHeaders(
  message: SourceMessage,
  replays: number,
): NonNullable<SourceMessage['headers']> {
  const others = (message.headers ?? []).filter((entry) => !Object.hasOwn(entry, REPLAYS));
  return [...others, { [REPLAYS]: String(replays) }];
}

function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}

function countOf(text: string | undefined): number {
  if (text === undefined) return 0;
  const count = wholeNumber(text);
  return count < 0 ? Number.MAX_SAFE_INTEGER : count;
}
