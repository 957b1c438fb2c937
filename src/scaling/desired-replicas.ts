/** What the partitions of one process ask for. */
export interface Demand {
  /** Partitions that the process holds. */
  readonly partitions: number;
  /** Messages that come in a second. */
  readonly arrivalsPerS: number;
  /** Messages waiting in Kafka. */
  readonly backlog: number;
  /** What the process can carry; undefined if it has not worked enough to tell. */
  readonly capacityPerS: number | undefined;
  /** `kafka.target_freshness_s` */
  readonly freshnessS: number;
}

/** The rest is for what cannot be foreseen: a partition more than the others have, a busier minute. */
const UTILISATION = 0.95;
/** Of the goal, for a backlog to be gone: by the time that is measured, scraped and acted on, some of it has passed. */
const CATCH_UP = 0.5;

/**
 * How many processes like this one its share of the partitions needs, so that no message gets older than the goal. It
 * is a part of a whole: the sum over all processes of the group, rounded up, is how many there should be.
 */
export function desiredReplicas(demand: Demand): number {
  const { partitions, arrivalsPerS, backlog, capacityPerS, freshnessS } = demand;
  if (partitions === 0) return 0;
  if (capacityPerS === undefined) return arrivalsPerS > 0 || backlog > 0 ? 1 : 0;
  const steady = arrivalsPerS / UTILISATION;
  const catchUp = backlog / (CATCH_UP * freshnessS);
  // A partition is read by one process.
  return Math.min(partitions, Math.max(steady, catchUp) / capacityPerS);
}
