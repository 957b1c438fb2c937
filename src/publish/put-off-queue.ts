import type { ProducerClient } from '../clients.ts';
import type { Failure } from '../dead-letter.ts';
import { putOffHeaders } from '../put-off.ts';
import type { RetryTopic } from '../retry-topics.ts';
import type { OutgoingRecord, SourceMessage } from '../types.ts';

export interface PutOffQueueOptions {
  readonly group: string;
  readonly producer: Pick<ProducerClient, 'partitionCount'>;
  /** Clock of due times, ms since 1970. */
  readonly now?: () => number;
}

/** Turns failed messages into records of a retry topic: key, value and headers as they came, and headers of ours. */
export class PutOffQueue {
  readonly #options: PutOffQueueOptions;
  readonly #now: () => number;

  constructor(options: PutOffQueueOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
  }

  /** The partition is that of the request, as far as the retry topic has as many. */
  toRecord(
    message: SourceMessage,
    { errorType, attempts }: Failure,
    { name, delayMs }: RetryTopic,
  ): OutgoingRecord {
    const { group, producer } = this.#options;
    const nowMs = this.#now();
    return {
      topic: name,
      partition: message.partition % producer.partitionCount(name),
      value: message.value,
      key: message.key ?? null,
      headers: putOffHeaders(message, { errorType, attempts, group, nowMs, dueAtMs: nowMs + delayMs }),
    };
  }
}
