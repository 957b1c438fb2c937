import type { MessageHeader, OutgoingRecord, TopicPartition } from '../../src/types.ts';

/** As it lies in a log. */
interface LogRecord {
  readonly offset: number;
  readonly headers: readonly MessageHeader[];
}

export interface Origin {
  readonly partition: number;
  readonly offset: number;
}

/**
 * Invariants that must hold whenever something becomes visible or committed. They are checked inside the broker at
 * that moment, so nothing that happens later can hide a violation.
 */
export class Audit {
  /** Sentences; empty if all is well. */
  readonly violations: string[] = [];
  readonly #exactlyOnce: boolean;
  readonly #visible = new Map<string, number>();
  /** The retry topics that a request has been put off to, in that order. */
  readonly #putOff = new Map<string, string[]>();

  constructor(exactlyOnce: boolean) {
    this.#exactlyOnce = exactlyOnce;
  }

  /** How many requests have an outcome. */
  get answered(): number {
    return this.#visible.size;
  }

  /** They belong to a log that is gone; those of the new one have the same offsets. */
  forgetRequests(partition?: number, from = 0): void {
    for (const name of this.#visible.keys()) {
      const [its, offset] = name.split('/').map(Number) as [number, number];
      if (partition === undefined || (its === partition && offset >= from)) this.#visible.delete(name);
    }
  }

  recordBecameVisible(record: OutgoingRecord): void {
    const { partition, offset } = originOf(record);
    const name = `${partition}/${offset}`;
    if (isPutOff(record)) {
      this.#addPutOff(name, record.topic);
      return;
    }
    const count = (this.#visible.get(name) ?? 0) + 1;
    this.#visible.set(name, count);
    if (this.#exactlyOnce && count > 1) this.violations.push(`${name} came out ${count} times`);
  }

  #addPutOff(name: string, topic: string): void {
    const before = this.#putOff.get(name) ?? [];
    if (this.#exactlyOnce && before.includes(topic)) this.violations.push(`${name} came to ${topic} twice`);
    if (this.#exactlyOnce && this.#visible.has(name)) this.violations.push(`${name} is answered and put off`);
    this.#putOff.set(name, [...before, topic]);
  }

  /** `log` are the records of the source partition, `from` and `to` its committed offset before and after. */
  offsetMoved(
    { topic, partition }: TopicPartition,
    log: readonly LogRecord[],
    from: number,
    to: number,
  ): void {
    if (to < from) this.violations.push(`the offset of ${partition} went back from ${from} to ${to}`);
    for (const { offset, headers } of log) {
      if (offset < from || offset >= to) continue;
      const ofRetry = placeIn(headers, 'x-retry-');
      const name =
        ofRetry === undefined ? `${partition}/${offset}` : `${ofRetry.partition}/${ofRetry.offset}`;
      const waitsIn = this.#putOff.get(name)?.at(-1);
      if (this.#visible.has(name) || (waitsIn !== undefined && waitsIn !== topic)) continue;
      this.violations.push(`${topic}/${partition}/${offset} is committed and has no outcome`);
    }
  }

  /** After a transaction: none of its records may be for a request after the offsets committed with it. */
  transactionEnded(records: readonly OutgoingRecord[], committedOf: (partition: number) => number): void {
    for (const record of records) {
      const { partition, offset } = originOf(record);
      if (offset < committedOf(partition)) continue;
      this.violations.push(`${partition}/${offset} is visible and not committed`);
    }
  }
}

/** The request that a record is about. */
export function originOf(record: OutgoingRecord): Origin {
  const { headers } = record;
  const named =
    (isPutOff(record) ? placeIn(headers, 'x-retry-') : undefined) ?? placeIn(headers, DEAD_LETTER);
  return named ?? (JSON.parse(String(record.value)) as { source: Origin }).source;
}

const DEAD_LETTER = 'kafka_dlt-original-';

function placeIn(headers: readonly MessageHeader[], prefix: string): Origin | undefined {
  const partition = headerOf(headers, `${prefix}partition`);
  return partition === undefined
    ? undefined
    : { partition: Number(partition), offset: Number(headerOf(headers, `${prefix}offset`)) };
}

function isPutOff({ headers }: OutgoingRecord): boolean {
  return headerOf(headers, 'x-retry-due-at') !== undefined;
}

export function headerOf(headers: readonly MessageHeader[], name: string): string | undefined {
  return headers.find((header) => name in header)?.[name]?.toString();
}
