import type { Facts } from './facts.ts';
import { type Why, why } from './why.ts';

/** How much the process can carry, and how many like it there should be for its partitions. */
export interface Sizing {
  /** undefined if it has not worked enough to tell. */
  readonly capacityPerS: number | undefined;
  readonly desiredReplicas: number;
}

/** Figures of the last ten seconds. Shares are from 0 to 1; null: not known. */
interface Measured {
  readonly committed_per_s: number | null;
  readonly arrivals_per_s: number | null;
  readonly capacity_per_s: number | null;
  readonly desired_replicas: number | null;
  readonly backlog: number;
  readonly processing_p95_ms: number | null;
  readonly latency_target_ms: number;
  readonly inference_busy_ratio: number | null;
  readonly event_loop_busy_ratio: number | null;
  readonly transaction_ms: number | null;
  readonly transaction_busy_ratio: number | null;
  readonly cpu_throttled_ratio: number | null;
}

/** A judgement and the figures behind it; the names are those of the answer over HTTP. */
export interface WhyReport extends Why {
  readonly measured: Measured;
}

export function whyReport(facts: Facts, { capacityPerS, desiredReplicas }: Sizing): WhyReport {
  const { partitions, transactions } = facts;
  return {
    ...why(facts),
    measured: {
      committed_per_s: rounded(facts.committedPerS),
      arrivals_per_s: rounded(partitions.reduce((sum, { arrivalsPerS }) => sum + arrivalsPerS, 0)),
      capacity_per_s: rounded(capacityPerS),
      desired_replicas: rounded(desiredReplicas),
      backlog: partitions.reduce((sum, { waiting }) => sum + waiting, 0),
      processing_p95_ms: rounded(facts.p95Ms),
      latency_target_ms: facts.targetMs,
      inference_busy_ratio: rounded(facts.inference.busy),
      event_loop_busy_ratio: rounded(facts.loopBusy),
      transaction_ms: rounded(transactions.meanMs),
      transaction_busy_ratio: rounded(transactions.busy),
      cpu_throttled_ratio: rounded(facts.cpu.throttled),
    },
  };
}

/** For people, who read it as JSON. */
function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 1_000) / 1_000;
}
