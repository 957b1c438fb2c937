import type { ConsumerClient } from '../clients.ts';
import type { OffsetLedger } from '../consume/offset-ledger.ts';
import type { HeldBack } from '../kafka/held-back.ts';
import { isHanging } from '../kafka/held-back.ts';
import type { Logger } from '../log.ts';
import type { TopicPartition } from '../types.ts';

/** Asks the cluster which of the partitions have an open transaction. */
export type FindHeldBack = (partitions: readonly TopicPartition[]) => Promise<readonly HeldBack[]>;

/** The same of the group's offsets, without which nobody learns where partitions stand. */
export type FindInOffsets = () => Promise<HeldBack | undefined>;

/** What is held back of a partition that has been read to its visible end. */
export interface HeldBackNow {
  readonly stableOffset: number;
  /** How long the transaction has been seen open, or is by the timestamp of its first record. */
  readonly seconds: number;
  readonly holder: string;
}

export interface HeldBackWatchOptions {
  readonly ledgers: () => Iterable<OffsetLedger>;
  readonly logEnd: (ledger: OffsetLedger) => number;
  readonly find: FindHeldBack;
  /** Once for each transaction that hangs. */
  readonly onHanging: (held: HeldBack) => void;
  readonly findInOffsets?: FindInOffsets | undefined;
  readonly onOffsetsHanging?: ((held: HeldBack) => void) | undefined;
}

interface Known {
  readonly held: HeldBack;
  readonly sinceMs: number;
}

const LOOK_MS = 5_000;

/**
 * A consumer cannot tell records behind an open transaction from those that it is about to get. So the cluster is asked
 * about partitions that stand before more records, or have not begun, for two looks in a row with nothing in flight.
 */
export class HeldBackWatch {
  readonly #options: HeldBackWatchOptions;
  readonly #timer: NodeJS.Timeout;
  /** Where a partition stood at the last look. */
  #stood = new Map<OffsetLedger, number>();
  #known = new Map<OffsetLedger, Known>();
  #isLooking = false;
  /** The open transaction on the group's offsets. */
  #offsets: (Known & { readonly isTold: boolean }) | undefined;

  constructor(options: HeldBackWatchOptions, everyMs: number = LOOK_MS) {
    this.#options = options;
    this.#timer = setInterval(() => void this.look(), everyMs);
    this.#timer.unref();
  }

  of(ledger: OffsetLedger): HeldBackNow | undefined {
    const known = this.#known.get(ledger);
    // The first record behind it has come since: the transaction has ended.
    if (known === undefined || ledger.span > 0 || ledger.position > known.held.stableOffset) return undefined;
    const { stableOffset, holder } = known.held;
    return { stableOffset, holder, seconds: (performance.now() - known.sinceMs) / 1_000 };
  }

  close(): void {
    clearInterval(this.#timer);
  }

  async look(): Promise<void> {
    if (this.#isLooking) return;
    this.#isLooking = true;
    try {
      const suspects = this.#suspects();
      const found = suspects.length === 0 ? [] : await this.#options.find(suspects);
      this.#note(suspects, found);
      // Nothing before them is open, so it may be their positions that nobody learns.
      if (found.length < suspects.length) await this.#lookAtOffsets();
    } catch {
      // Brokers are away, which others report; what was known stays.
    }
    this.#isLooking = false;
  }

  async #lookAtOffsets(): Promise<void> {
    const { findInOffsets, onOffsetsHanging } = this.#options;
    const held = await findInOffsets?.();
    const now = performance.now();
    const before = this.#offsets?.held.stableOffset === held?.stableOffset ? this.#offsets : undefined;
    const sinceMs = before?.sinceMs ?? now;
    const hangs = held !== undefined && (isHanging(held) || isHanging({ seconds: (now - sinceMs) / 1_000 }));
    if (hangs && before?.isTold !== true) onOffsetsHanging?.(held);
    this.#offsets = held && { held, sinceMs, isTold: hangs };
  }

  #suspects(): OffsetLedger[] {
    const stood = this.#stood;
    this.#stood = new Map();
    for (const ledger of this.#options.ledgers()) {
      const { span, position } = ledger;
      const end = this.#options.logEnd(ledger); // below 0: nothing was fetched, since the start is not known yet
      if (span === 0 && position >= 0 && (end > position || end < 0)) this.#stood.set(ledger, position);
    }
    return [...this.#stood]
      .filter(([ledger, position]) => stood.get(ledger) === position)
      .map(([each]) => each);
  }

  #note(suspects: readonly OffsetLedger[], found: readonly HeldBack[]): void {
    const before = this.#known;
    this.#known = new Map();
    for (const held of found) {
      const ledger = suspects.find((each) => each.partition === held.partition && each.topic === held.topic);
      if (ledger === undefined) continue;
      const known = before.get(ledger);
      const isSame = known?.held.stableOffset === held.stableOffset;
      const now = performance.now();
      const sinceMs = held.seconds === null ? (isSame ? known.sinceMs : now) : now - held.seconds * 1_000;
      const current = { ...held, seconds: (now - sinceMs) / 1_000 };
      const wasTold = isSame && isHanging({ seconds: known.held.seconds });
      this.#known.set(ledger, { held: current, sinceMs });
      if (isHanging(current) && !wasTold) this.#options.onHanging(current);
    }
  }
}

/** With the clients of a session; undefined where the cluster cannot be asked. */
export function watchHeldBack(
  clients: {
    readonly consumers: readonly ConsumerClient[];
    readonly findHeldBack?: FindHeldBack;
    readonly findInOffsets?: FindInOffsets;
  },
  ledgers: () => Iterable<OffsetLedger>,
  logger: Logger,
): HeldBackWatch | undefined {
  const { consumers, findHeldBack, findInOffsets } = clients;
  return (
    findHeldBack &&
    new HeldBackWatch({
      ledgers,
      logEnd: (ledger) => consumers[ledger.consumerIndex]?.logEnd(ledger) ?? -1,
      find: findHeldBack,
      findInOffsets,
      onOffsetsHanging: ({ partition, holder, stableOffset }) =>
        logger.warn('offsets_held_back', { partition, holder, offset: stableOffset }),
      onHanging: ({ topic, partition, holder, stableOffset, highWatermark }) =>
        logger.warn('requests_held_back', {
          ...{ topic, partition, holder, records: highWatermark - stableOffset },
        }),
    })
  );
}
