import type { OffsetLedger } from '../consume/offset-ledger.ts';
import { LagWatch, type PartitionLag } from '../lag.ts';
import { recordAgeMs } from '../record-age.ts';
import type { Session } from '../session/session.ts';
import type { TopicPartition } from '../types.ts';

/**
 * How far this process is behind in its partitions, from the ledgers: librdkafka's own lag ignores offsets committed in
 * transactions.
 */
export class OwnLag {
  readonly #session: () => Session | undefined;
  readonly #watch = new LagWatch();
  /** Partitions with waiting messages of unknown age: since when, and at which offset. */
  readonly #waiting = new WeakMap<OffsetLedger, { readonly sinceMs: number; readonly offset: number }>();

  constructor(session: () => Session | undefined) {
    this.#session = session;
  }

  now(): PartitionLag[] {
    const session = this.#session();
    if (session === undefined) return [];
    const positions = currentLedgers(session).map((ledger) => {
      const end = session.logEnd(ledger);
      const held = session.heldBack(ledger);
      const visibleEnd = held?.stableOffset ?? end;
      const next = ledger.position;
      const behind = end < 0 || next < 0 ? ledger.span : Math.max(0, visibleEnd - next);
      const notDue = session.pipeline?.notDueOf(ledger, behind);
      const messages = behind - (notDue ?? 0);
      return {
        topic: ledger.topic,
        partition: ledger.partition,
        messages,
        ...(notDue !== undefined && { notDue }),
        seconds: this.#secondsBehind(ledger, messages),
        committedOffset: ledger.committedOffset < 0 ? null : ledger.committedOffset,
        endOffset: end < 0 ? null : visibleEnd,
        heldBack: held === undefined ? 0 : Math.max(0, end - held.stableOffset),
        heldBackSeconds: held?.seconds ?? 0,
        holder: held?.holder ?? null,
      };
    });
    return this.#watch.judge(positions);
  }

  /**
   * The age of messages still on the broker, or with a timestamp that cannot be true, is unknown. It is then measured
   * from when they were first noticed.
   */
  #secondsBehind(ledger: OffsetLedger, messages: number): number {
    const { oldest, committedOffset } = ledger;
    const ageMs = recordAgeMs(oldest?.timestamp, Date.now());
    if (ageMs !== undefined || messages === 0) {
      this.#waiting.delete(ledger);
      return (ageMs ?? 0) / 1_000;
    }
    const offset = oldest?.offset ?? committedOffset;
    const known = this.#waiting.get(ledger);
    const waiting = known?.offset === offset ? known : { sinceMs: performance.now(), offset };
    this.#waiting.set(ledger, waiting);
    return (performance.now() - waiting.sinceMs) / 1_000;
  }
}

/** Those of the logs that partitions have now. */
export function currentLedgers(session: Session | undefined): OffsetLedger[] {
  return [...(session?.assignments.ledgers() ?? [])].filter(({ isSuperseded }) => !isSuperseded);
}

export function placeName({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
