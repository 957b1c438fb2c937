import type { ConsumerClient } from '../clients.ts';
import type { OffsetLedger } from '../consume/offset-ledger.ts';
import type { TopicPartition } from '../types.ts';

/** One past the newest record of each partition, committed or not. */
export type FindEnds = (partitions: readonly TopicPartition[]) => Promise<readonly number[]>;

export interface LogEndsOptions {
  readonly consumers: readonly Pick<ConsumerClient, 'logEnd'>[];
  readonly ledgers: () => Iterable<OffsetLedger>;
  /** Nothing is fetched from it at the moment, so its consumer does not see what comes. */
  readonly stands: (ledger: OffsetLedger) => boolean;
  /** undefined: the brokers cannot be asked. */
  readonly find: FindEnds | undefined;
}

const LOOK_MS = 5_000;

/** Where the logs end, also of partitions that are paused: for those the brokers are asked every few seconds. */
export class LogEnds {
  readonly #options: LogEndsOptions;
  readonly #asked = new WeakMap<OffsetLedger, number>();
  readonly #timer: NodeJS.Timeout;
  #isLooking = false;

  constructor(options: LogEndsOptions, everyMs: number = LOOK_MS) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), everyMs);
    this.#timer.unref();
  }

  /** Below 0: nothing is known yet. A log only grows: one that was created again has another ledger. */
  of(ledger: OffsetLedger): number {
    const seen = this.#options.consumers[ledger.consumerIndex]?.logEnd(ledger) ?? -1;
    return Math.max(seen, this.#asked.get(ledger) ?? -1);
  }

  async look(): Promise<void> {
    const { find, ledgers, stands } = this.#options;
    if (find === undefined || this.#isLooking) return;
    const standing = [...ledgers()].filter((ledger) => !ledger.isSuperseded && stands(ledger));
    if (standing.length === 0) return;
    this.#isLooking = true;
    try {
      const ends = await find(standing);
      standing.forEach((ledger, i) => {
        this.#asked.set(ledger, ends[i] ?? -1);
      });
    } catch {
      // Brokers are away, which others report; what was known stays.
    } finally {
      this.#isLooking = false;
    }
  }

  close(): void {
    clearInterval(this.#timer);
  }
}
