import type { FaultKind } from './plan.ts';

export interface RecoveryTimes {
  readonly faults: number;
  readonly medianMs: number;
  readonly maxMs: number;
}

interface Pending {
  readonly kind: FaultKind;
  readonly startedAt: number;
  readonly partitions: Set<number>;
}

/** How long after a fault every partition of requests had a new visible record again. */
export class Recovery {
  readonly #times = new Map<FaultKind, number[]>();
  readonly #known = new Set<number>();
  #pending: Pending[] = [];

  faultStarts(kind: FaultKind): void {
    this.#pending.push({ kind, startedAt: performance.now(), partitions: new Set(this.#known) });
  }

  /** A record of a request of this partition has become visible. */
  visible(requestPartition: number): void {
    this.#known.add(requestPartition);
    for (const pending of this.#pending) {
      if (!pending.partitions.delete(requestPartition) || pending.partitions.size > 0) continue;
      const times = this.#times.get(pending.kind) ?? [];
      times.push(performance.now() - pending.startedAt);
      this.#times.set(pending.kind, times);
    }
    this.#pending = this.#pending.filter(({ partitions }) => partitions.size > 0);
  }

  /** The load has ended: what has not recovered by now says nothing any more. */
  report(): Partial<Record<FaultKind, RecoveryTimes>> {
    return Object.fromEntries(
      [...this.#times].map(([kind, times]) => {
        const sorted = times.map(Math.round).sort((a, b) => a - b);
        const medianMs = sorted[Math.floor(sorted.length / 2)] as number;
        return [kind, { faults: sorted.length, medianMs, maxMs: sorted.at(-1) as number }];
      }),
    );
  }
}
