import type { ConsumerClient } from '../clients.ts';
import type { OffsetLedger } from '../consume/offset-ledger.ts';
import type { PartitionState } from '../consume/partition-state.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';

interface Part {
  readonly ledger: OffsetLedger;
  readonly consumer: ConsumerClient;
  /** In offset order. */
  readonly slots: Int32Array;
}

/** Finished messages of some partitions, which are published together. */
export class Cycle {
  readonly #buffer: Int32Array;
  readonly #parts: Part[] = [];
  #count = 0;

  /** `buffer` holds the cycle's slots until it ends. */
  constructor(buffer: Int32Array) {
    this.#buffer = buffer;
  }

  /** All slots, partition by partition. */
  get slots(): Int32Array {
    return this.#buffer.subarray(0, this.#count);
  }

  /** Whether it has neither messages nor offsets. */
  get isEmpty(): boolean {
    return this.#parts.length === 0;
  }

  /** Takes a partition's finished messages, as many as there is room for, and returns their slots. */
  take(ledger: OffsetLedger, consumer: ConsumerClient): Int32Array {
    const count = ledger.takeFinished(this.#buffer, this.#count, this.#buffer.length - this.#count);
    const slots = this.#buffer.subarray(this.#count, this.#count + count);
    if (ledger.inTransaction) this.#parts.push({ ledger, consumer, slots });
    this.#count += count;
    return slots;
  }

  offsets(): Map<ConsumerClient, TopicPartitionOffset[]> {
    const offsets = new Map<ConsumerClient, TopicPartitionOffset[]>();
    for (const { consumer, ledger } of this.#parts) {
      if (ledger.isSuperseded) continue; // these would be offsets of another log
      const list = offsets.get(consumer) ?? [];
      list.push(ledger.nextOffset());
      offsets.set(consumer, list);
    }
    return offsets;
  }

  /**
   * One of our consumers may hold a partition that another of ours, evicted from the group, also has in this cycle.
   */
  stateOf(consumer: ConsumerClient, { topic, partition }: TopicPartition): PartitionState {
    const found = this.#parts.find(
      ({ consumer: owner, ledger }) =>
        owner === consumer &&
        ledger.partition === partition &&
        ledger.topic === topic &&
        !ledger.isSuperseded,
    );
    return found?.ledger.state ?? 'released';
  }

  /** The part of the cycle that belongs to these consumers, in a separate buffer. */
  partOf(isWanted: (consumer: ConsumerClient) => boolean): Cycle {
    const parts = this.#parts.filter(({ consumer }) => isWanted(consumer));
    const part = new Cycle(new Int32Array(parts.reduce((sum, { slots }) => sum + slots.length, 0)));
    for (const { ledger, consumer, slots } of parts) part.#add(ledger, consumer, slots);
    return part;
  }

  /** Frees the slots. */
  commit(): void {
    for (const { ledger } of this.#parts) ledger.commit();
  }

  /** A later cycle publishes the same messages. */
  abort(): void {
    for (const { ledger } of this.#parts) ledger.abort();
  }

  #add(ledger: OffsetLedger, consumer: ConsumerClient, slots: Int32Array): void {
    this.#buffer.set(slots, this.#count);
    this.#parts.push({
      ledger,
      consumer,
      slots: this.#buffer.subarray(this.#count, this.#count + slots.length),
    });
    this.#count += slots.length;
  }
}
