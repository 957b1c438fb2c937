import {
  type ErrorType,
  errorTypes,
  type MessageHeader,
  type SourceMessage,
  type Stage,
  type TopicPartitionOffset,
} from './types.ts';
import { countHeader, isPutOffHeader } from './put-off.ts';
import { groupHeader, isGroupHeader } from './writer-group.ts';

/** Why a message could not be processed. `message` is our own sentence, never the user's text. */
export interface Failure {
  readonly errorType: ErrorType;
  readonly message: string;
  readonly stage: Stage;
  /** How many times it was tried. */
  readonly attempts: number;
}

/** The content of a dead letter's headers. Nothing of the message itself: its text and key belong to the user. */
export interface DeadLetter {
  readonly partition: number;
  readonly offset: number;
  /** When it was written, milliseconds since 1970; -1 if unknown. */
  readonly timestamp: number;
  readonly bytes: number;
  /** undefined for a record that this program did not write. */
  readonly reason: ErrorType | undefined;
  readonly sentence: string;
  readonly stage: string;
  readonly attempts: number;
  readonly firstFailedAt: string;
  /** How many times it has been replayed. */
  readonly replays: number;
  readonly origin: TopicPartitionOffset | undefined;
  /** The value was left out: its topic did not take it, or it might have held a text that must not be stored. */
  readonly isValueOmitted: boolean;
}

/** The headers of a dead letter. Only this file knows their names. */
const names = {
  originalTopic: 'kafka_dlt-original-topic',
  originalPartition: 'kafka_dlt-original-partition',
  originalOffset: 'kafka_dlt-original-offset',
  originalTimestamp: 'kafka_dlt-original-timestamp',
  exceptionClass: 'kafka_dlt-exception-fqcn',
  exceptionMessage: 'kafka_dlt-exception-message',
  errorType: 'x-error-type',
  stage: 'x-stage',
  attempts: 'x-attempts',
  firstFailedAt: 'x-first-failed-at',
  replays: 'x-replay-count',
  /** Of a replay that failed again: `topic/partition/offset` of the replay itself. */
  replayPlace: 'x-replay-place',
  omittedBytes: 'x-value-omitted-bytes',
  omittedHeaderBytes: 'x-headers-omitted-bytes',
  omittedKeyBytes: 'x-key-omitted-bytes',
} as const;

/** What a dead letter can do without, where its topic does not take all of it. */
export type MessagePart = 'headers' | 'value' | 'key';
const omissionNames = {
  headers: names.omittedHeaderBytes,
  value: names.omittedBytes,
  key: names.omittedKeyBytes,
} as const;

const nothing: ReadonlySet<MessagePart> = new Set();

const OWN_PREFIX = 'kafka_dlt-';
const ownNames: ReadonlySet<string> = new Set(Object.values(names));

export interface DeadLetterFacts {
  /** The group that writes it. */
  readonly group?: string | undefined;
  /** Parts of the message that it is written without; each leaves its length behind. */
  readonly omitted?: ReadonlySet<MessagePart> | undefined;
}

/**
 * The headers of a dead letter: those of the message, then where it was and why it failed. The first failure wins: a
 * replayed message that fails again keeps its origin and its first reason.
 */
export function deadLetterHeaders(
  message: SourceMessage,
  failure: Failure,
  nowEpochMs: number,
  { group, omitted = nothing }: DeadLetterFacts = {},
): MessageHeader[] {
  const headers = message.headers ?? [];
  const ours = isReplay(message)
    ? [...headers.filter(isOfFirstFailure), { [names.replayPlace]: placeName(message) }]
    : firstFailure(message, failure, nowEpochMs);
  const { count: delays = 0 } = message.putOff ?? {};
  return [
    ...(omitted.has('headers') ? [] : headers.filter(isForeign)),
    ...ours,
    ...(delays > 0 ? [countHeader(delays)] : []),
    ...(group === undefined ? [] : [groupHeader(group)]),
    ...[...omitted].map((part) => ({ [omissionNames[part]]: String(partBytes(message, part)) })),
  ];
}

/** Bytes of a part of the message, of its headers those that are not ours. */
export function partBytes({ value, key, headers = [] }: SourceMessage, part: MessagePart): number {
  if (part === 'headers')
    return headers.filter(isForeign).reduce((sum, header) => sum + headerBytes(header), 0);
  return bytesOf(part === 'value' ? value : key);
}

/** Of its name and its value. */
export function headerBytes(header: MessageHeader): number {
  return Object.entries(header).reduce((sum, [name, value]) => sum + bytesOf(name) + bytesOf(value), 0);
}

function bytesOf(content: Buffer | string | null | undefined): number {
  return content == null ? 0 : Buffer.byteLength(content);
}

function firstFailure(message: SourceMessage, failure: Failure, nowEpochMs: number): MessageHeader[] {
  return [
    { [names.originalTopic]: message.topic },
    { [names.originalPartition]: String(message.partition) },
    { [names.originalOffset]: String(message.offset) },
    { [names.originalTimestamp]: String(message.timestamp ?? -1) },
    { [names.exceptionClass]: failure.errorType },
    { [names.exceptionMessage]: failure.message },
    { [names.errorType]: failure.errorType },
    { [names.stage]: failure.stage },
    { [names.attempts]: String(failure.attempts) },
    { [names.firstFailedAt]: message.putOff?.firstFailedAt || new Date(nowEpochMs).toISOString() },
    { [names.replays]: '0' },
  ];
}

/** Parses a record of the dead-letter topic. Never fails: a record that is not ours has no reason and no origin. */
export function readDeadLetter(message: SourceMessage): DeadLetter {
  const header = (name: string): string => headerOf(message, name) ?? '';
  const reason = errorTypes.find((type) => type === header(names.errorType));
  const origin: TopicPartitionOffset = {
    topic: header(names.originalTopic),
    partition: wholeNumber(header(names.originalPartition)),
    offset: wholeNumber(header(names.originalOffset)),
  };
  const isOurs = reason !== undefined && origin.topic !== '' && origin.partition >= 0 && origin.offset >= 0;
  return {
    partition: message.partition,
    offset: message.offset,
    timestamp: message.timestamp ?? -1,
    bytes: message.size,
    reason: isOurs ? reason : undefined,
    sentence: header(names.exceptionMessage),
    stage: header(names.stage),
    attempts: Math.max(0, wholeNumber(header(names.attempts))),
    firstFailedAt: header(names.firstFailedAt),
    replays: replaysOf(message),
    origin: isOurs ? origin : undefined,
    isValueOmitted: isOurs && header(names.omittedBytes) !== '',
  };
}

/** The headers of a replay: unchanged except for the new count. */
export function replayHeaders(message: SourceMessage, replays: number): MessageHeader[] {
  const others = (message.headers ?? []).filter(
    (entry) => !Object.hasOwn(entry, names.replays) && !isPutOffHeader(entry),
  );
  return [...others, { [names.replays]: String(replays) }];
}

/**
 * Whether a request is a dead letter that was sent back to its topic. Others use these names too, Spring for example: a
 * replay has a count, a reason and an origin of ours, and the origin is in this topic. A producer that forges them all
 * is believed.
 */
export function isReplay(message: SourceMessage): boolean {
  const { origin, replays } = readDeadLetter(message);
  return replays > 0 && origin?.topic === message.topic;
}

/** The request that a dead letter stands for: its origin, or the replay that failed again. */
export function requestOf(message: SourceMessage): TopicPartitionOffset | undefined {
  const { origin } = readDeadLetter(message);
  const place = headerOf(message, names.replayPlace);
  if (origin === undefined || place === undefined) return origin;
  const [, topic = '', partition, offset] = /^(.+)\/(\d{1,10})\/(\d{1,15})$/.exec(place) ?? [];
  return topic === '' ? undefined : { topic, partition: Number(partition), offset: Number(offset) };
}

function placeName({ topic, partition, offset }: TopicPartitionOffset): string {
  return `${topic}/${partition}/${offset}`;
}

/** An unreadable count is treated as very high: otherwise a message could be replayed forever. */
function replaysOf(message: SourceMessage): number {
  const text = headerOf(message, names.replays);
  if (text === undefined) return 0;
  const count = wholeNumber(text);
  return count < 0 ? Number.MAX_SAFE_INTEGER : count;
}

/** Only we may say where a message came from and why it failed: look-alike headers are dropped. */
function isForeign(header: MessageHeader): boolean {
  return (
    !isGroupHeader(header) &&
    !isPutOffHeader(header) &&
    !Object.keys(header).some((name) => name.startsWith(OWN_PREFIX) || ownNames.has(name))
  );
}

function isOfFirstFailure(header: MessageHeader): boolean {
  const isLater = Object.hasOwn(header, names.replayPlace) || Object.hasOwn(header, names.omittedBytes);
  return !isForeign(header) && !isGroupHeader(header) && !isPutOffHeader(header) && !isLater;
}

/** The first header with that name, as UTF-8 text. */
function headerOf(message: SourceMessage, name: string): string | undefined {
  const found = message.headers?.find((entry) => Object.hasOwn(entry, name));
  return found?.[name]?.toString();
}

function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}
