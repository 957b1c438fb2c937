import type { ConsumerClient } from '../clients.ts';
import type { OffsetLedger, PartitionState } from '../consume/offset-ledger.ts';
import type { TopicPartition, TopicPartitionOffset } from '../types.ts';

interface Part {
  readonly ledger: OffsetLedger;
  readonly consumer: ConsumerClient;
  /** In the order of their offsets. */
  readonly slots: Int32Array;
}

/** Finished messages of some partitions, which leave together. */
export class Cycle {
  readonly #buffer: Int32Array;
  readonly #parts: Part[] = [];
  #count = 0;

  /** `buffer` holds its slots until it is over. */
  constructor(buffer: Int32Array) {
    this.#buffer = buffer;
  }

  /** All slots, one partition after the other. */
  get slots(): Int32Array {
    return this.#buffer.subarray(0, this.#count);
  }

  /** Takes what is finished of a partition, as much as there is room for, and returns its slots. */
  take(ledger: OffsetLedger, consumer: ConsumerClient): Int32Array {
    const count = ledger.takeFinished(this.#buffer, this.#count, this.#buffer.length - this.#count);
    const slots = this.#buffer.subarray(this.#count, this.#count + count);
    if (count > 0) this.#parts.push({ ledger, consumer, slots });
    this.#count += count;
    return slots;
  }

  offsets(): Map<ConsumerClient, TopicPartitionOffset[]> {
    const offsets = new Map<ConsumerClient, TopicPartitionOffset[]>();
    for (const { consumer, ledger } of this.#parts) {
      const list = offsets.get(consumer) ?? [];
      list.push(ledger.nextOffset());
      offsets.set(consumer, list);
    }
    return offsets;
  }

  /** One of our consumers may have a partition that another of ours, forgotten by the group, has in this cycle too. */
  stateOf(consumer: ConsumerClient, { topic, partition }: TopicPartition): PartitionState {
    const found = this.#parts.find(
      ({ consumer: owner, ledger }) =>
        owner === consumer && ledger.partition === partition && ledger.topic === topic,
    );
    return found?.ledger.state ?? 'released';
  }

  /** What it holds of these consumers, in a buffer of its own. */
  partOf(isWanted: (consumer: ConsumerClient) => boolean): Cycle {
    const parts = this.#parts.filter(({ consumer }) => isWanted(consumer));
    const part = new Cycle(new Int32Array(parts.reduce((sum, { slots }) => sum + slots.length, 0)));
    for (const { ledger, consumer, slots } of parts) part.#add(ledger, consumer, slots);
    return part;
  }

  /** The slots are free again. */
  commit(): void {
    for (const { ledger } of this.#parts) ledger.commit();
  }

  /** The same messages leave with a later cycle. */
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
