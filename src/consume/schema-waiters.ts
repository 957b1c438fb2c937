import { schemaIdOf } from '../decode/schema-id.ts';
import { bug } from '../errors.ts';
import type { Schemas } from '../registry/schemas.ts';
import type { SlotTable } from '../slots.ts';
import type { SourceMessage } from '../types.ts';
import type { OffsetLedger } from './offset-ledger.ts';

/** A message whose schema is not there yet. */
export interface SchemaWaiter {
  readonly slot: number;
  readonly ledger: OffsetLedger;
  /** It may make the event loop stand still, so it comes alone. */
  readonly isMarked: boolean;
}

export interface SchemaWaitersOptions {
  readonly table: SlotTable;
  readonly schemas: Pick<Schemas, 'want' | 'listen'>;
  /** Takes at most `countMax` messages whose schema has come, or will not come; a marked one comes alone. */
  readonly resume: (waiters: readonly SchemaWaiter[], isMarked: boolean) => void;
  readonly countMax: number;
}

const SWEEP_MS = 1_000;

/**
 * Messages that cannot be decoded before their schema has been fetched. They keep their slots, so their partitions
 * commit nothing beyond them, and they count as read ahead, so polling stops while there are many.
 */
export class SchemaWaiters {
  readonly #options: SchemaWaitersOptions;
  readonly #waiting = new Map<string, SchemaWaiter[]>();
  readonly #unlisten: () => void;
  #count = 0;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: SchemaWaitersOptions) {
    this.#options = options;
    this.#unlisten = options.schemas.listen((id) => this.#settled(id));
  }

  get count(): number {
    return this.#count;
  }

  add(waiter: SchemaWaiter): void {
    const id = schemaIdOf(this.#options.table.message[waiter.slot] as SourceMessage);
    if (id === undefined) throw bug('A value without a schema id waits for its schema.');
    const key = id.toString('latin1');
    const waiters = this.#waiting.get(key);
    if (waiters === undefined) this.#waiting.set(key, [waiter]);
    else waiters.push(waiter);
    this.#count++;
    this.#sweeper ??= setInterval(() => this.#sweep(), SWEEP_MS).unref();
    if (waiters === undefined) void this.#options.schemas.want(id);
  }

  /** All partitions have been given back, and all slots dropped. */
  close(): void {
    this.#unlisten();
    this.#sweep();
  }

  #settled(id: string): void {
    this.#sweep();
    const waiters = this.#waiting.get(id);
    if (waiters === undefined) return;
    this.#waiting.delete(id);
    this.#count -= waiters.length;
    const { resume, countMax } = this.#options;
    for (let from = 0, to = 0; from < waiters.length; from = to) {
      const isMarked = waiters[from]?.isMarked === true;
      to = from + 1;
      while (!isMarked && to < waiters.length && to - from < countMax && !waiters[to]?.isMarked) to++;
      resume(waiters.slice(from, to), isMarked);
    }
  }

  /** Frees the slots whose partitions have been given back. */
  #sweep(): void {
    this.#count = 0;
    for (const [id, waiters] of this.#waiting) {
      const left = waiters.filter(({ slot }) => !this.#options.table.collect(slot));
      if (left.length > 0) this.#waiting.set(id, left);
      else this.#waiting.delete(id);
      this.#count += left.length;
    }
    if (this.#count > 0) return;
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }
}
