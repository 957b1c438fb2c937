/**
 * A group of processes that an autoscaler adds to and takes from, second by second: partitions, queues, start-up times,
 * rebalances, scrapes. Capacity and demand are measured by the code that runs in production.
 */
import { Random } from '../../../src/corpus/random.ts';
import { Capacity } from '../../../src/scaling/capacity.ts';
import { desiredReplicas } from '../../../src/scaling/desired-replicas.ts';
import { Autoscaler, type Behaviour } from './autoscaler.ts';
import type { Load } from './loads.ts';

/** What the autoscaler is told. A number: messages of lag for each process, as a constant threshold does. */
export type Scaling = 'desired' | number;

export interface Outcome {
  /** Share of the messages that were older than the goal when they were committed. */
  readonly late: number;
  /** Of the oldest, seconds. */
  readonly oldestS: number;
  /** Process time that was used, beyond what the fewest processes that keep up would have taken. */
  readonly tooMuch: number;
  readonly most: number;
  /** How often their number changed. */
  readonly changes: number;
}

const PARTITIONS = 48;
export const FRESHNESS_S = 60;
/** From the decision to the first message: scheduling, start, the model, the group. */
const START_S = 30;
/** A partition that moves is read by nobody for so long. */
const MOVE_S = 3;
const SCRAPE_S = 15;
/** When Prometheus has been asked. */
const LOOK_S = 15;
/** Seconds that the arrivals are counted over. */
const WINDOW_S = 10;
/** A message of a small batch costs more: measured at a third of the load, 60 % (ADR 27). */
const SMALL_BATCHES = 0.6;
const BEHIND_S = 0.5;

interface Partition {
  readonly weight: number;
  readonly queue: { readonly at: number; count: number }[];
  waiting: number;
  owner: Process | undefined;
  /** Since when. */
  ownedFrom: number;
  frozenUntil: number;
  /** Arrivals of the last seconds. */
  readonly arrivals: number[];
}

interface Process {
  readonly readyAt: number;
  readonly capacity: Capacity;
  /** Of the last seconds. */
  readonly seconds: { readonly backlog: number; readonly done: number; readonly busy: number }[];
  desired: number;
}

export function simulate(load: Load, scaling: Scaling, behaviour: Behaviour, seed = 1): Outcome {
  const random = new Random(seed);
  const partitions = makePartitions(random);
  const scaler = new Autoscaler(behaviour);
  let processes: Process[] = [startedAt(-START_S)];
  let [scraped, late, committed, oldestS, used, needed, most, changes] = [0, 0, 0, 0, 0, 0, 0, 0];
  for (let second = 0; second < load.seconds; second++) {
    for (const each of partitions) arrive(each, second, poisson(load.rate(second) * each.weight, random));
    const ready = processes.filter(({ readyAt }) => readyAt <= second);
    assign(partitions, ready, second);
    for (const process of ready) {
      const share = 0.95 + 0.1 * random.next();
      const aged = work(process, partitions, second, load.capacity(second), share);
      late += aged.late;
      committed += aged.count;
      oldestS = Math.max(oldestS, aged.oldestS);
    }
    const lag = partitions.reduce((sum, { waiting }) => sum + waiting, 0);
    if (second % SCRAPE_S === 0)
      scraped = scaling === 'desired' ? ready.reduce((sum, { desired }) => sum + desired, 0) : lag / scaling;
    if (second % LOOK_S === 7) {
      const before = scaler.replicas;
      scaler.look(second, scraped);
      if (scaler.replicas !== before) changes++;
      while (processes.length < scaler.replicas) processes.push(startedAt(second));
      processes = processes.slice(0, scaler.replicas);
    }
    used += processes.length;
    needed += fewest(load.rate(second), load.capacity(second), behaviour);
    most = Math.max(most, processes.length);
  }
  return { late: late / committed, oldestS, tooMuch: used / needed - 1, most, changes };
}

/** The fewest processes of which also the one with most partitions keeps up. */
function fewest(rate: number, capacity: number, { min, max }: Behaviour): number {
  const room = Math.max(1, Math.floor((capacity * PARTITIONS) / rate));
  return Math.min(max, Math.max(min, Math.ceil(PARTITIONS / room)));
}

function startedAt(second: number): Process {
  return { readyAt: second + START_S, capacity: new Capacity(), seconds: [], desired: 0 };
}

function makePartitions(random: Random): Partition[] {
  const weights = Array.from({ length: PARTITIONS }, () => 0.8 + 0.4 * random.next());
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => ({
    weight: weight / total,
    queue: [],
    waiting: 0,
    owner: undefined,
    ownedFrom: 0,
    frozenUntil: 0,
    arrivals: [],
  }));
}

function arrive(partition: Partition, second: number, count: number): void {
  if (count > 0) partition.queue.push({ at: second, count });
  partition.waiting += count;
  partition.arrivals.push(count);
  if (partition.arrivals.length > WINDOW_S) partition.arrivals.shift();
}

/** As evenly as possible, moving as few as possible. */
function assign(partitions: readonly Partition[], ready: readonly Process[], second: number): void {
  if (ready.length === 0) return;
  const held = new Map(ready.map((process) => [process, 0]));
  const loose: Partition[] = [];
  const most = Math.ceil(PARTITIONS / ready.length);
  const withMost = PARTITIONS - ready.length * Math.floor(PARTITIONS / ready.length) || ready.length;
  let full = 0;
  for (const each of partitions) {
    const count = each.owner === undefined ? undefined : held.get(each.owner);
    const limit = full < withMost ? most : most - 1;
    if (count === undefined || count >= limit) loose.push(each);
    else {
      held.set(each.owner as Process, count + 1);
      if (count + 1 === most) full++;
    }
  }
  for (const each of loose) {
    const [owner, count] = [...held].reduce((least, entry) => (entry[1] < least[1] ? entry : least));
    if (each.owner !== undefined) each.frozenUntil = second + MOVE_S;
    each.owner = owner;
    each.ownedFrom = second;
    held.set(owner, count + 1);
  }
}

/** One second of a process. */
function work(process: Process, all: readonly Partition[], second: number, capacity: number, share: number) {
  const own = all.filter(({ owner }) => owner === process);
  const readable = own.filter(({ frozenUntil }) => frozenUntil <= second);
  const budget = capacity * share;
  const done = { count: 0, late: 0, oldestS: 0 };
  // All of them get the same, until it is used up.
  for (let left = budget, open = readable; left > 1e-6; ) {
    open = open.filter(({ waiting }) => waiting > 0);
    if (open.length === 0) break;
    const each = left / open.length;
    for (const partition of open) left -= take(partition, each, second, done);
  }
  const backlog = own.reduce((sum, { waiting }) => sum + waiting, 0);
  const load = done.count / budget;
  const busy = load * (1 + SMALL_BATCHES * (1 - load));
  const { seconds } = process;
  seconds.push({ backlog, done: done.count, busy });
  if (seconds.length > WINDOW_S) seconds.shift();
  const lately = mean(seconds.map((each) => each.done));
  process.capacity.observe({
    elapsedS: 1,
    messages: done.count,
    busy,
    busyLately: mean(seconds.map((each) => each.busy)),
    isFull: seconds.length >= WINDOW_S / 2 && seconds.every((each) => each.backlog > BEHIND_S * lately),
  });
  process.desired = desiredReplicas({
    partitions: own.map(({ ownedFrom, arrivals, waiting }) => ({
      // Counted from the first to the last of the samples.
      arrivalsPerS: second - ownedFrom < WINDOW_S ? 0 : mean(arrivals),
      waiting,
    })),
    committedPerS: lately,
    busy: mean(seconds.map((each) => each.busy)),
    capacityPerS: process.capacity.perSecond,
    freshnessS: FRESHNESS_S,
  });
  return done;
}

function take(
  partition: Partition,
  most: number,
  second: number,
  done: { count: number; late: number; oldestS: number },
): number {
  let left = Math.min(most, partition.waiting);
  const taken = left;
  while (left > 1e-9) {
    const first = partition.queue[0] as Partition['queue'][number];
    const count = Math.min(left, first.count);
    const ageS = second + 1 - first.at;
    done.count += count;
    if (ageS > FRESHNESS_S) done.late += count;
    done.oldestS = Math.max(done.oldestS, ageS);
    first.count -= count;
    left -= count;
    if (first.count <= 1e-9) partition.queue.shift();
  }
  partition.waiting = Math.max(0, partition.waiting - taken);
  return Math.max(taken, 1e-6);
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}

function poisson(expected: number, random: Random): number {
  const limit = Math.exp(-expected);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count++;
  return count;
}
