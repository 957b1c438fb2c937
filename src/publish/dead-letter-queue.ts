import type { ProducerClient } from '../clients.ts';
import type { ErrorType, MessageHeader, OutgoingRecord, SourceMessage, Stage } from '../types.ts';

/** Why a message could not be processed. `message` is a sentence of ours, never text of the user's. */
export interface Failure {
  readonly errorType: ErrorType;
  readonly message: string;
  readonly stage: Stage;
  /** How often it was tried. */
  readonly attempts: number;
}

export interface DeadLetterQueueOptions {
  readonly topic: string;
  /** Clock of the header `x-first-failed-at`, ms since 1970. */
  readonly now?: () => number;
}

const ORIGIN = 'kafka_dlt-original-topic';
const OWN_PREFIX = 'kafka_dlt-';
const OMITTED = 'x-value-omitted-bytes';
const OWN_NAMES: ReadonlySet<string> = new Set([
  'x-error-type',
  'x-stage',
  'x-attempts',
  'x-first-failed-at',
  OMITTED,
]);

/**
 * Turns failed messages into dead letters: key, value and headers as they came, plus where the message
 * was and why it failed, as UTF-8 text. The first failure wins: a replayed message that fails again
 * keeps its origin and its first reason.
 */
export class DeadLetterQueue {
  readonly topic: string;
  readonly #now: () => number;

  constructor(options: DeadLetterQueueOptions) {
    this.topic = options.topic;
    this.#now = options.now ?? Date.now;
  }

  /**
   * The record to write; the caller decides in which transaction. A value of more than `valueBytesMax` is
   * left out, and a header says how long it was: the topic does not take it.
   */
  toRecord(
    message: SourceMessage,
    failure: Failure,
    valueBytesMax = Number.POSITIVE_INFINITY,
  ): OutgoingRecord {
    const headers = message.headers ?? [];
    const failedBefore = headers.some((header) => ORIGIN in header);
    const bytes = message.value?.length ?? 0;
    const isOmitted = bytes > valueBytesMax;
    return {
      topic: this.topic,
      partition: -1,
      value: isOmitted ? null : message.value,
      key: message.key ?? null,
      headers: [
        ...(failedBefore ? headers : [...headers.filter(isForeign), ...this.#headersOf(message, failure)]),
        ...(isOmitted ? [{ [OMITTED]: String(bytes) }] : []),
      ],
    };
  }

  /** For use on its own: writes one dead letter, false when the producer's queue is full. */
  send(producer: Pick<ProducerClient, 'produce'>, message: SourceMessage, failure: Failure): boolean {
    return producer.produce(this.toRecord(message, failure));
  }

  #headersOf(message: SourceMessage, failure: Failure): MessageHeader[] {
    return [
      { [ORIGIN]: message.topic },
      { 'kafka_dlt-original-partition': String(message.partition) },
      { 'kafka_dlt-original-offset': String(message.offset) },
      { 'kafka_dlt-original-timestamp': String(message.timestamp ?? -1) },
      { 'kafka_dlt-exception-fqcn': failure.errorType },
      { 'kafka_dlt-exception-message': failure.message },
      { 'x-error-type': failure.errorType },
      { 'x-stage': failure.stage },
      { 'x-attempts': String(failure.attempts) },
      { 'x-first-failed-at': new Date(this.#now()).toISOString() },
      ...(hasReplayCount(message) ? [] : [{ 'x-replay-count': '0' }]),
    ];
  }
}

/** Nobody but us may say where a message comes from: look-alike headers of a first failure are dropped. */
function isForeign(header: MessageHeader): boolean {
  return !Object.keys(header).some((name) => name.startsWith(OWN_PREFIX) || OWN_NAMES.has(name));
}

function hasReplayCount(message: SourceMessage): boolean {
  return message.headers?.some((header) => 'x-replay-count' in header) === true;
}
