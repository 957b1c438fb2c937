/** A count and the sum of what was counted, both growing. */
interface Total {
  readonly count: number;
  readonly sum: number;
}

/** What the pace goes by. */
export interface PaceInput {
  /** Tokens of the texts classified so far. */
  tokens(): number;
  /** Batches so far and the time they took, their wait behind a busy thread included, ms. */
  readonly batches: Total;
  /** Transactions so far and the time they took, ms. */
  readonly transactions: Total;
  /** p95 of the processing time of what was committed in the last seconds, ms; 0: nothing was. */
  recentP95(): number;
  /** Share of the time since the last call in which the event loop was busy, 0…1. */
  loopBusy(): number;
}

export interface PaceSettings {
  /** p95 of the processing time to stay below, ms. */
  readonly targetMs: number;
  /** Time between the beginnings of two transactions while there is little to do, ms. */
  readonly intervalMs: number;
  /** Most time between two batches that are not full, ms. */
  readonly spacingMaxMs: number;
  /** Tokens of a full batch. */
  readonly batchTokens: number;
  readonly threads: number;
}

const TICK_MS = 100;
/** Time constant of the averages: long enough for Poisson arrivals, short enough for a step in the load. */
const MEMORY_MS = 500;
/** Of the target. The rest is for what cannot be foreseen. */
const AIM = 0.8;
/**
 * How the time for waiting is divided. Batches every s ms and transactions every i ms cost b/s + t/i; for a fixed s + i
 * that is least at s/i = √(b/t), and a transaction takes some six times the fixed processor time of a batch.
 */
const BATCH_SHARE = 0.3;
const TRANSACTION_SHARE = 0.7;
/** A batch this full costs a message almost as little as a full one. */
const WELL_FILLED = 0.75;
/** With less to do than this share of the threads' time, waiting saves too little to be worth it. */
const BUSY_ENOUGH_FOR_BATCHES = 0.15;
const BUSY_ENOUGH_FOR_TRANSACTIONS = 0.3;
/** From this share of the time on, the threads or the event loop are at their limit … */
const AT_LIMIT = 0.95;
/** … and between these shares of the target, what a message takes without any waiting is too long for it. */
const OUT_OF_REACH_FROM = 1.5;
const OUT_OF_REACH_TO = 3;
/** Then throughput goes first: the interval is this many targets, up to a limit beyond which nothing more is saved. */
const INTERVAL_FOR_THROUGHPUT = 2;
const INTERVAL_FOR_THROUGHPUT_MAX_MS = 500;
/** The pause after a transaction, in its own time: a slow broker is busy, and fewer, larger ones help it. */
const PAUSE_FACTOR = 2;
/** How fast and how far the waits follow p95, beyond what is foreseen. */
const CORRECTION = 0.2;
const PATIENCE_MIN = 0.2;
const PATIENCE_MAX = 1.25;
/** Of the target: to give up even this would cost more than it helps. */
const WAIT_MIN = 0.15;

/**
 * How long things wait for company, so that p95 of the processing time stays below the target for as little processor
 * time as possible. Batches and transactions are *spaced*: one that comes alone goes at once, and only those that
 * follow closely wait. What a batch and a transaction take by themselves is subtracted from the target, and the rest
 * may be spent on waiting. The waits grow with the load, since only then there is something to save, and pass smoothly
 * into those of a machine at its limit, so there is no threshold to flip at.
 */
export class Pace {
  readonly #settings: PaceSettings;
  readonly #input: PaceInput;
  #tickAt = 0;
  #tokens: number;
  #tokensPerMs = 0;
  /** Share of their time in which the threads worked, and in which the event loop did. */
  #busy = 0;
  #loopBusy = 0;
  readonly #batchMs: RecentMean;
  readonly #transactionMs: RecentMean;
  /** The waits that the target turns out to allow, as a share of those foreseen. */
  #patience = 1;
  #working = 0;
  #workingAt = 0;
  /** By all threads together, so far and until the last tick. */
  #workedMs = 0;
  #workedMsAtTick = 0;

  constructor(settings: PaceSettings, input: PaceInput) {
    this.#settings = settings;
    this.#input = input;
    this.#tokens = input.tokens();
    this.#batchMs = new RecentMean(input.batches);
    this.#transactionMs = new RecentMean(input.transactions);
  }

  /** Time between two batches that are not full, ms. */
  get batchSpacingMs(): number {
    const { batchTokens, spacingMaxMs, targetMs } = this.#settings;
    const usual = BATCH_SHARE * this.#waitMs * Math.min(1, this.#busy / BUSY_ENOUGH_FOR_BATCHES);
    const allowed = between(usual, BATCH_SHARE * AIM * targetMs, this.#throughputFirst);
    const filled = (WELL_FILLED * batchTokens) / Math.max(this.#tokensPerMs, Number.MIN_VALUE);
    return Math.min(allowed, filled, spacingMaxMs);
  }

  /** Time between the beginnings of two transactions, ms. */
  get intervalMs(): number {
    const { targetMs, intervalMs } = this.#settings;
    const most = Math.max(intervalMs, TRANSACTION_SHARE * this.#waitMs);
    const usual = intervalMs + (most - intervalMs) * Math.min(1, this.#busy / BUSY_ENOUGH_FOR_TRANSACTIONS);
    const longest = Math.min(INTERVAL_FOR_THROUGHPUT * targetMs, INTERVAL_FOR_THROUGHPUT_MAX_MS);
    return between(usual, longest, this.#throughputFirst);
  }

  /** Least time from the end of a transaction that took `tookMs` to the next one, ms. */
  pauseMs(tookMs: number): number {
    const most = Math.min(this.#settings.targetMs, PAUSE_FACTOR * tookMs);
    return between(Math.min(most, TRANSACTION_SHARE * this.#waitMs), most, this.#throughputFirst);
  }

  /** Call whenever the number of batches that the threads have changes. */
  note(inFlight: number, nowMs: number): void {
    this.#workedMs = this.workedMs(nowMs);
    this.#working = Math.min(1, inFlight / this.#settings.threads);
    this.#workingAt = nowMs;
    if (nowMs - this.#tickAt >= TICK_MS) this.#tick(nowMs);
  }

  /** How long all threads together have worked so far; it grows by a second in a second in which all of them do. */
  workedMs(nowMs: number): number {
    return this.#workedMs + this.#working * (nowMs - this.#workingAt);
  }

  #tick(nowMs: number): void {
    const elapsedMs = nowMs - this.#tickAt;
    const tokens = this.#input.tokens();
    const weight = 1 - Math.exp(-elapsedMs / MEMORY_MS);
    this.#tokensPerMs += ((tokens - this.#tokens) / elapsedMs - this.#tokensPerMs) * weight;
    this.#busy += (Math.min(1, (this.#workedMs - this.#workedMsAtTick) / elapsedMs) - this.#busy) * weight;
    this.#loopBusy += (this.#input.loopBusy() - this.#loopBusy) * weight;
    this.#batchMs.update(weight);
    this.#transactionMs.update(weight);
    this.#correct(this.#input.recentP95(), weight);
    this.#tickAt = nowMs;
    this.#tokens = tokens;
    this.#workedMsAtTick = this.#workedMs;
  }

  /** What a message may spend on waiting for others. */
  get #waitMs(): number {
    const { targetMs } = this.#settings;
    return Math.max(WAIT_MIN * targetMs, (AIM * targetMs - this.#ownMs) * this.#patience);
  }

  /** What a message takes if it waits for nobody. */
  get #ownMs(): number {
    return this.#batchMs.value + this.#transactionMs.value;
  }

  /** Whether the target cannot be met by waiting less, 0…1, without a kink. */
  get #throughputFirst(): number {
    const busy = Math.max(this.#busy, this.#loopBusy);
    const limit = smoothStep(busy, AT_LIMIT, 1);
    // It may have to wait for the end of another transaction as well.
    const leastMs = this.#ownMs + this.#transactionMs.value;
    const reach = smoothStep(leastMs / this.#settings.targetMs, OUT_OF_REACH_FROM, OUT_OF_REACH_TO);
    return Math.max(limit, reach);
  }

  /** Shorter waits would only cost throughput where it goes first, and the queue would grow. */
  #correct(p95: number, weight: number): void {
    if (p95 <= 0) return;
    const ratio = (AIM * this.#settings.targetMs) / p95;
    const exponent = CORRECTION * weight * (1 - this.#throughputFirst);
    this.#patience = Math.min(PATIENCE_MAX, Math.max(PATIENCE_MIN, this.#patience * ratio ** exponent));
  }
}

/** The mean of what was added to a total recently. */
class RecentMean {
  readonly #total: Total;
  #count: number;
  #sum: number;
  value = 0;

  constructor(total: Total) {
    this.#total = total;
    this.#count = total.count;
    this.#sum = total.sum;
  }

  update(weight: number): void {
    const { count, sum } = this.#total;
    if (count > this.#count) this.value += ((sum - this.#sum) / (count - this.#count) - this.value) * weight;
    this.#count = count;
    this.#sum = sum;
  }
}

/** From `usual` at 0 to `most` at 1, and never less than `usual`. */
function between(usual: number, most: number, at: number): number {
  return usual + Math.max(0, most - usual) * at;
}

function smoothStep(value: number, from: number, to: number): number {
  const x = Math.min(1, Math.max(0, (value - from) / (to - from)));
  return x * x * (3 - 2 * x);
}
