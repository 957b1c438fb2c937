/** The headers of a message in a retry topic. Only this file knows their names. */
import type { ErrorType, MessageHeader, SourceMessage, TopicPartitionOffset } from './types.ts';

const names = {
  topic: 'x-retry-topic',
  partition: 'x-retry-partition',
  offset: 'x-retry-offset',
  timestamp: 'x-retry-timestamp',
  count: 'x-retry-count',
  attempts: 'x-retry-attempts',
  errorType: 'x-retry-error-type',
  firstFailedAt: 'x-retry-first-failed-at',
  dueAt: 'x-retry-due-at',
  group: 'x-retry-group',
} as const;
const ownNames: ReadonlySet<string> = new Set(Object.values(names));

/** What the headers say. */
export interface PutOffNote {
  /** Where the message was first. */
  readonly origin: TopicPartitionOffset;
  /** Of the message itself; -1 if unknown. */
  readonly timestamp: number;
  readonly count: number;
  readonly attempts: number;
  readonly firstFailedAt: string;
  /** Milliseconds since 1970. */
  readonly dueAtMs: number;
  /** The group that has put it off. */
  readonly group: string;
}

export interface PutOffFacts {
  readonly errorType: ErrorType;
  /** How often the message has been tried. */
  readonly attempts: number;
  readonly group: string;
  readonly nowMs: number;
  readonly dueAtMs: number;
}

/** The headers of the message as they came, then where it was and why it is put off. */
export function putOffHeaders(message: SourceMessage, facts: PutOffFacts): MessageHeader[] {
  const { topic, partition, offset, timestamp = -1, headers = [], putOff } = message;
  return [
    ...withoutPutOff(headers),
    { [names.topic]: topic },
    { [names.partition]: String(partition) },
    { [names.offset]: String(offset) },
    { [names.timestamp]: String(timestamp) },
    { [names.count]: String((putOff?.count ?? 0) + 1) },
    { [names.attempts]: String(facts.attempts) },
    { [names.errorType]: facts.errorType },
    { [names.firstFailedAt]: putOff?.firstFailedAt || new Date(facts.nowMs).toISOString() },
    { [names.dueAt]: new Date(facts.dueAtMs).toISOString() },
    { [names.group]: facts.group },
  ];
}

/** undefined for a record that this program has not written, or that somebody has changed. */
export function readPutOff({ headers }: Pick<SourceMessage, 'headers'>): PutOffNote | undefined {
  const text = (name: string): string =>
    headers?.find((header) => Object.hasOwn(header, name))?.[name]?.toString() ?? '';
  const note = {
    origin: {
      topic: text(names.topic),
      partition: wholeNumber(text(names.partition)),
      offset: wholeNumber(text(names.offset)),
    },
    timestamp: wholeNumber(text(names.timestamp)),
    count: wholeNumber(text(names.count)),
    attempts: Math.max(0, wholeNumber(text(names.attempts))),
    firstFailedAt: text(names.firstFailedAt),
    dueAtMs: Date.parse(text(names.dueAt)),
    group: text(names.group),
  };
  const { origin, count, dueAtMs } = note;
  const isWhole = origin.topic !== '' && origin.partition >= 0 && origin.offset >= 0;
  return isWhole && count > 0 && !Number.isNaN(dueAtMs) ? note : undefined;
}

/** The headers that are not ours. */
export function withoutPutOff(headers: readonly MessageHeader[]): MessageHeader[] {
  return headers.filter((header) => !isPutOffHeader(header));
}

export function isPutOffHeader(header: MessageHeader): boolean {
  return Object.keys(header).some((name) => ownNames.has(name));
}

/** For what becomes of a message that was put off: its place in the order of its partition is lost. */
export function countHeader(count: number): MessageHeader {
  return { [names.count]: String(count) };
}

/** Whether what this result or dead letter is about was put off. */
export function wasPutOff({ headers }: Pick<SourceMessage, 'headers'>): boolean {
  return headers?.some((header) => Object.hasOwn(header, names.count)) === true;
}

function wholeNumber(text: string): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : -1;
}
