import type { TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient, ProducerClient } from '../../../src/clients.ts';
import { Counters } from '../../../src/metrics/counters.ts';
import { OffsetLedger } from '../../../src/consume/offset-ledger.ts';
import type { PartitionState } from '../../../src/consume/partition-state.ts';
import { OffsetCommit } from '../../../src/publish/offset-commit.ts';
import { Publisher } from '../../../src/publish/publisher.ts';
import { Signal } from '../../../src/signal.ts';
import { SlotTable } from '../../../src/slots.ts';

interface Setup {
  /** Error of the `n`th finish, from 1; undefined: it succeeds. */
  readonly finishError?: (n: number) => unknown;
  readonly beginError?: (n: number) => unknown;
  readonly undoError?: (n: number) => unknown;
  readonly isThroughAfterAll?: boolean;
  readonly isFull?: () => boolean;
  /** Results are on the way, and transactions begin this far apart. */
  readonly intervalMs?: number;
  readonly restMs?: number;
  /** How long each transaction takes to end. */
  readonly finishMs?: number;
  messagesMax?: number;
  /** Called in the middle of each cycle. */
  readonly meanwhile?: () => void;
  /** Partition 1 belongs to a second consumer, whose offsets the first cycle commits late, in this way. */
  readonly lateCommit?: () => Promise<void>;
}

/** A publisher over two partitions, whose messages are finished by hand. */
export class Rig {
  readonly table = new SlotTable(64);
  readonly ledgers: readonly OffsetLedger[];
  readonly events: string[] = [];
  /** Of the partitions of a cycle at its end. */
  readonly states: PartitionState[] = [];
  readonly fatal: unknown[] = [];
  readonly finished = new Signal();
  readonly publisher: Publisher;
  readonly pace = {
    intervalMs: 0,
    pauseAfterMs: 0,
    /** Of the transactions whose pause was asked for, and how often it was. */
    tookMs: 0,
    asked: 0,
    pauseMs(tookMs: number): number {
      this.tookMs = tookMs;
      this.asked++;
      return this.pauseAfterMs;
    },
  };
  #finishes = 0;
  #begins = 0;
  #undos = 0;

  constructor(t: TestContext, setup: Setup = {}) {
    const { table } = this;
    const { lateCommit: commit } = setup;
    const consumers = [{ index: 0 }, { index: 1, commit }].slice(
      0,
      commit ? 2 : 1,
    ) as unknown[] as ConsumerClient[];
    const late = consumers[1];
    this.ledgers = [0, 1].map((partition) => {
      return new OffsetLedger(table, { topic: 't', partition }, late ? partition : 0);
    });
    const raise = (error: unknown): void => {
      if (error !== undefined) throw error;
    };
    const { messagesMax = 32 } = setup;
    this.pace.intervalMs = setup.intervalMs ?? 0;
    this.publisher = new Publisher(
      { messagesMax },
      {
        producer: {
          produce: ({ value }: { value: Buffer }) => {
            if (setup.isFull?.()) return false;
            this.events.push(`produce ${value}`);
            return true;
          },
        } as unknown as ProducerClient,
        delivery: {
          restMs: setup.restMs ?? 0,
          begin: async () => raise(setup.beginError?.(++this.#begins)),
          finish: async (offsets, stateOf) => {
            setup.meanwhile?.();
            await sleep(setup.finishMs ?? 0);
            this.#finishes++;
            raise(setup.finishError?.(this.#finishes));
            const all = [...offsets].flatMap(([consumer, list]) =>
              list.map((entry) => ({ consumer, ...entry })),
            );
            this.states.push(...all.map(({ consumer, ...entry }) => stateOf(consumer, entry)));
            this.events.push(
              `offsets ${all.map(({ partition, offset }) => `${partition}:${offset}`).join(' ')}`,
            );
            const left = late && this.#finishes === 1 ? offsets.get(late) : undefined;
            if (late === undefined || left === undefined) return new Map();
            const options = { consumer: late, offsets: left, stateOf, onFenced: () => undefined };
            return new Map([[late, new OffsetCommit(options)]]);
          },
          undo: async () => {
            this.events.push('undo');
            raise(setup.undoError?.(++this.#undos));
            return setup.isThroughAfterAll ? new Map() : undefined;
          },
        },
        assignments: { ledgers: () => this.ledgers.values() },
        consumers,
        records: {
          *of(ledger, slots, count) {
            for (const slot of slots.subarray(0, count)) {
              const value = Buffer.from(`${ledger.partition}/${table.message[slot]?.offset}`);
              yield { topic: 'out', partition: -1, key: null, headers: [], value };
            }
          },
          reduce: () => false,
          leaveOutTimestamps: () => false,
          lastSlot: -1,
        },
        counters: new Counters(),
        observer: {
          onCommitted: (_, count) => void this.events.push(`committed ${count}`),
          onCycleFailure: (error, attempt) => void this.events.push(`failure ${attempt} ${error.code}`),
        },
        classifier: { isBusy: setup.intervalMs !== undefined },
        pace: this.pace,
        finished: this.finished,
        room: new Signal(),
      },
    );
    t.after(() => this.publisher.stop());
  }

  start(): void {
    this.publisher.start((error) => {
      this.fatal.push(error);
      void this.publisher.stop(); // as the session does
    });
  }

  /** Enters a message and gives back its slot. */
  take(partition: number, offset: number): number {
    const slot = this.table.take({ topic: 't', partition, offset, value: null, size: 0 }, 0);
    this.ledgers[partition]?.push(slot, offset);
    return slot;
  }

  finish(...slots: number[]): void {
    for (const slot of slots) {
      this.table.finish(slot, 0, 1);
    }
    this.finished.notify();
  }

  async until(condition: () => boolean): Promise<void> {
    while (!condition()) await sleep(1);
  }

  async committed(count: number): Promise<void> {
    await this.until(() => this.table.usedCount <= count);
  }
}
