import type { MessageHeader, OutgoingRecord, TopicPartition } from '../../src/types.ts';

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
    const count = (this.#visible.get(name) ?? 0) + 1;
    this.#visible.set(name, count);
    if (this.#exactlyOnce && count > 1) this.violations.push(`${name} came out ${count} times`);
  }

  /** `log` are the records of the source partition, `from` and `to` its committed offset before and after. */
  offsetMoved(
    { partition }: TopicPartition,
    log: readonly { offset: number }[],
    from: number,
    to: number,
  ): void {
    if (to < from) this.violations.push(`the offset of ${partition} went back from ${from} to ${to}`);
    for (const { offset } of log) {
      if (offset < from || offset >= to || this.#visible.has(`${partition}/${offset}`)) continue;
      this.violations.push(`${partition}/${offset} is committed and has no outcome`);
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

/** The request that a result or a dead letter is about. */
export function originOf(record: OutgoingRecord): Origin {
  const partition = headerOf(record.headers, 'kafka_dlt-original-partition');
  if (partition !== undefined) {
    return {
      partition: Number(partition),
      offset: Number(headerOf(record.headers, 'kafka_dlt-original-offset')),
    };
  }
  return (JSON.parse(String(record.value)) as { source: Origin }).source;
}

export function headerOf(headers: readonly MessageHeader[], name: string): string | undefined {
  return headers.find((header) => name in header)?.[name]?.toString();
}
