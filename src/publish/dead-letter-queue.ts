import type { ProducerClient } from '../clients.ts';
import { deadLetterHeaders, type Failure, type MessagePart } from '../dead-letter.ts';
import type { OutgoingRecord, SourceMessage } from '../types.ts';

export interface DeadLetterQueueOptions {
  readonly topic: string;
  /** The group whose requests these are. */
  readonly group?: string | undefined;
  /** Clock for the header that says when a message first failed, ms since 1970. */
  readonly now?: () => number;
}

/** Turns failed messages into dead letters: key, value and headers unchanged, plus headers that say where and why. */
export class DeadLetterQueue {
  readonly topic: string;
  readonly #group: string | undefined;
  readonly #now: () => number;

  constructor(options: DeadLetterQueueOptions) {
    this.topic = options.topic;
    this.#group = options.group;
    this.#now = options.now ?? Date.now;
  }

  /**
   * The record to write; the caller decides in which transaction. A value longer than `valueBytesMax` is left out,
   * since the topic would reject it, and a header gives its length; so are the parts in `omitted`.
   */
  toRecord(
    message: SourceMessage,
    failure: Failure,
    valueBytesMax = Number.POSITIVE_INFINITY,
    omitted: ReadonlySet<MessagePart> = new Set(),
  ): OutgoingRecord {
    const isTooLong = (message.value?.length ?? 0) > valueBytesMax;
    const all = isTooLong ? new Set<MessagePart>([...omitted, 'value']) : omitted;
    return {
      topic: this.topic,
      partition: -1,
      value: all.has('value') ? null : message.value,
      key: all.has('key') ? null : (message.key ?? null),
      headers: deadLetterHeaders(message, failure, this.#now(), { group: this.#group, omitted: all }),
    };
  }

  /** Writes one dead letter without a pipeline. Returns false if the producer's queue is full. */
  send(producer: Pick<ProducerClient, 'produce'>, message: SourceMessage, failure: Failure): boolean {
    return producer.produce(this.toRecord(message, failure));
  }
}
