/** What one partition asks for. */
export interface PartitionDemand {
  /** Messages that come in a second. */
  readonly arrivalsPerS: number;
  /** Messages waiting in Kafka. */
  readonly waiting: number;
}

/** What the partitions of one process ask for. */
export interface Demand {
  readonly partitions: readonly PartitionDemand[];
  /** What the process does, and the share of the time in which its busiest part works for that. */
  readonly committedPerS: number;
  readonly busy: number;
  /** What the process can carry; undefined if it has not worked enough to tell. */
  readonly capacityPerS: number | undefined;
  /** `kafka.target_freshness_s` */
  readonly freshnessS: number;
}

/** The rest is for what cannot be foreseen: a partition that has more than the others, a busier minute. */
const UTILISATION = 0.97;
/** Of the goal, for a backlog to be gone: by the time that is measured, scraped and acted on, some of it has passed. */
const CATCH_UP = 0.5;
/** What waits for less than this is on its way. */
const ON_ITS_WAY_S = 0.5;
/** More processes than this are not asked for because of one that falls behind. */
const LATE_MAX = 4;

/**
 * How many processes like this one its share of the partitions needs, so that no message gets older than the goal. It
 * is a part of a whole: the sum over all processes of the group, rounded up, is how many there should be.
 */
export function desiredReplicas({
  partitions,
  committedPerS,
  busy,
  capacityPerS,
  freshnessS,
}: Demand): number {
  const arrivalsPerS = sum(partitions.map((each) => each.arrivalsPerS));
  const backlog = sum(partitions.map(({ waiting }) => waiting));
  if (partitions.length === 0) return 0;
  const keepsUp = backlog <= ON_ITS_WAY_S * committedPerS;
  if (capacityPerS === undefined) return keepsUp ? whole(partitions.length, busy / UTILISATION) : 1;
  const soonS = CATCH_UP * freshnessS;
  const load = arrivalsPerS / capacityPerS;
  // Who keeps up needs no more than he uses, whatever the capacity was thought to be.
  const steady = whole(partitions.length, (keepsUp ? Math.min(load, busy) : load) / UTILISATION);
  const catchUp = backlog / (soonS * capacityPerS);
  // Others may have room, but partitions move there only when there is one process more. Autoscalers ignore a
  // difference of a tenth, so it has to be loud.
  const late = arrivalsPerS > committedPerS ? Math.min(LATE_MAX, (longestWaitS(partitions) / soonS) ** 2) : 0;
  return Math.min(partitions.length, Math.max(steady, catchUp, late));
}

/** A partition is not divided: where four and a half of them would fit into a process, there is room for four. */
function whole(partitions: number, load: number): number {
  const room = Math.floor(partitions / Math.max(load, Number.MIN_VALUE));
  return room === 0 ? partitions : partitions / room;
}

/** Until what comes now is read, in the partition where that takes longest. */
function longestWaitS(partitions: readonly PartitionDemand[]): number {
  return Math.max(...partitions.map(({ arrivalsPerS, waiting }) => waiting / Math.max(1, arrivalsPerS)));
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
