/** The pipeline as a queue in simulated time: what the pace makes of a load, whatever the machine. */
import { Random } from '../../../src/corpus/random.ts';
import type { BatchPace } from '../../../src/classify/classifier.ts';
import { Pace } from '../../../src/pipeline/pace.ts';
import type { TransactionPace } from '../../../src/publish/publisher.ts';

/** Costs as measured on two shared cores, ms. */
export interface Costs {
  readonly poll: number;
  readonly batch: number;
  readonly token: number;
  readonly transaction: number;
  readonly record: number;
}
export const costs: Costs = { poll: 0.15, batch: 0.3, token: 0.0052, transaction: 6, record: 0.004 };

export interface Scenario {
  readonly seconds: number;
  /** Messages a second at a moment, in seconds. */
  readonly rate: (second: number) => number;
  /** How many times longer than usual the model and the broker take at a moment. */
  readonly slowness?: (second: number) => { readonly model: number; readonly broker: number };
  readonly targetMs?: number;
  /** In place of the pace for that target. */
  readonly pace?: (BatchPace & TransactionPace) | undefined;
  readonly seed?: number;
  readonly threads?: number;
  /** Share of the time in which the event loop is busy. */
  readonly loopBusy?: number;
}

/** What idle threads did before there was a pace: they took whatever waited. */
export const eager: BatchPace & TransactionPace = {
  batchSpacingMs: 0,
  intervalMs: 20,
  pauseMs: (tookMs) => Math.min(100, 2 * tookMs),
  note: () => undefined,
};

export interface Second {
  readonly committed: number;
  readonly p50: number;
  readonly p95: number;
  readonly max: number;
  /** Processor time, ms for each committed message. */
  readonly cost: number;
  readonly rowsPerBatch: number;
  readonly intervalMs: number;
}

const STEP_MS = 0.25;
const BATCH_TOKENS = 512;
const tokenCounts = [6, 12, 18, 24, 30, 40, 60];
const POLL_MS = 4;
/** Processor time of a transaction on both sides, and of the main thread for a batch and a message, ms. */
const TRANSACTION_CPU = 2.5;
const BATCH_CPU = 0.1;
const MESSAGE_CPU = 0.025;

interface Row {
  readonly takenAt: number;
  readonly tokens: number;
}

interface Thread {
  readonly queue: { readonly rows: Row[]; readonly ms: number; readonly since: number }[];
  endsAt: number;
}

/** As in the pipeline: ticks of the pace that p95 covers. */
const P95_TICKS = 20;

export function simulate({
  seconds,
  rate,
  slowness,
  targetMs = 100,
  seed = 1,
  threads = 2,
  loopBusy = 0,
  pace: other,
}: Scenario): Second[] {
  const random = new Random(seed);
  const pool: Thread[] = Array.from({ length: threads }, () => ({ queue: [], endsAt: 0 }));
  const waiting: Row[] = [];
  let waitingTokens = 0;
  let finished: Row[] = [];
  let inTransaction: Row[] = [];
  let [arrived, pollAt, begunAt, endsAt, endedAt, batchAt] = [0, 0, -1_000, 0, 0, -1_000];
  let realTokens = 0;
  let classifiedPerMs = 1;
  let recent: number[] = [];
  const window: number[][] = [];
  const recentP95 = (): number => {
    window.push(recent);
    if (window.length > P95_TICKS) window.shift();
    recent = [];
    return percentile(window.flat(), 0.95);
  };
  const batchTimes = { count: 0, sum: 0 };
  const transactionTimes = { count: 0, sum: 0 };
  const own = new Pace(
    { targetMs, intervalMs: 20, spacingMaxMs: 100, batchTokens: BATCH_TOKENS, threads },
    {
      tokens: () => realTokens,
      batches: batchTimes,
      transactions: transactionTimes,
      recentP95,
      loopBusy: () => loopBusy,
    },
  );
  const pace = other ?? own;
  const report: Second[] = [];
  let [cpu, batches, rows] = [0, 0, 0];
  let times: number[] = [];

  const dispatch = (now: number, slow: number): void => {
    for (;;) {
      const thread = pool.reduce((a, b) => (b.queue.length < a.queue.length ? b : a));
      if (thread.queue.length >= 2 || waiting.length === 0) return;
      const tokens = waitingTokens;
      const isFull = tokens >= BATCH_TOKENS;
      if (!isFull && (thread.queue.length > 0 || now - batchAt < pace.batchSpacingMs)) return;
      const batch: Row[] = [];
      // Rows of similar length go together: of few that wait, not all.
      const most = isFull ? BATCH_TOKENS : Math.max(1, tokens * 0.7);
      let sum = 0;
      while (
        waiting.length > 0 &&
        sum + (waiting[0] as Row).tokens <= Math.max(most, (waiting[0] as Row).tokens)
      ) {
        const row = waiting.shift() as Row;
        sum += row.tokens;
        waitingTokens -= row.tokens;
        batch.push(row);
      }
      const ms = (costs.batch + costs.token * sum) * slow;
      if (thread.queue.length === 0) thread.endsAt = now + ms;
      thread.queue.push({ rows: batch, ms, since: now });
      cpu += ms / slow + BATCH_CPU;
      batches++;
      rows += batch.length;
      batchAt = now;
    }
  };

  for (let now = 0; now < seconds * 1_000; now += STEP_MS) {
    const slow = slowness?.(now / 1_000) ?? { model: 1, broker: 1 };
    arrived += poisson((rate(now / 1_000) * STEP_MS) / 1_000, random);
    for (const thread of pool) {
      while (thread.queue.length > 0 && thread.endsAt <= now) {
        const batch = thread.queue.shift() as Thread['queue'][number];
        finished.push(...batch.rows);
        add(batchTimes, thread.endsAt - batch.since);
        for (const row of batch.rows) realTokens += row.tokens;
        if (thread.queue[0] !== undefined) thread.endsAt += thread.queue[0].ms;
      }
    }
    if (now >= pollAt) {
      const room = Math.max(256, classifiedPerMs * targetMs) - waiting.length;
      const count = Math.max(0, Math.min(arrived, Math.floor(room)));
      arrived -= count;
      for (let i = 0; i < count; i++) {
        const tokens = random.pick(tokenCounts);
        waiting.push({ takenAt: now, tokens });
        waitingTokens += tokens;
      }
      cpu += costs.poll + count * MESSAGE_CPU;
      pollAt = now + POLL_MS;
    }
    dispatch(now, slow.model);
    pace.note(
      pool.reduce((sum, { queue }) => sum + queue.length, 0),
      now,
    );
    if (inTransaction.length > 0 && now >= endsAt) {
      for (const row of inTransaction) {
        times.push(now - row.takenAt);
        recent.push(now - row.takenAt);
      }
      inTransaction = [];
      endedAt = now;
      add(transactionTimes, endedAt - begunAt);
    }
    const pausedUntil = endedAt + pace.pauseMs(endedAt - begunAt);
    const isBusy = waiting.length > 0 || pool.some(({ queue }) => queue.length > 0);
    if (inTransaction.length === 0 && finished.length > 0 && now >= endedAt + 8)
      if (!isBusy || now >= Math.max(begunAt + pace.intervalMs, pausedUntil)) {
        inTransaction = finished;
        finished = [];
        begunAt = now;
        endsAt = now + (costs.transaction + costs.record * inTransaction.length) * slow.broker;
        cpu += TRANSACTION_CPU;
      }
    if ((now + STEP_MS) % 1_000 === 0) {
      classifiedPerMs = Math.max(0.5, rows / 1_000);
      report.push({
        committed: times.length,
        p50: percentile(times, 0.5),
        p95: percentile(times, 0.95),
        max: percentile(times, 1),
        cost: cpu / Math.max(1, times.length),
        rowsPerBatch: rows / Math.max(1, batches),
        intervalMs: pace.intervalMs,
      });
      times = [];
      [cpu, batches, rows] = [0, 0, 0];
    }
  }
  return report;
}

function add(total: { count: number; sum: number }, value: number): void {
  total.count++;
  total.sum += value;
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
}

function poisson(mean: number, random: Random): number {
  const limit = Math.exp(-mean);
  let count = 0;
  for (let product = random.next(); product > limit; product *= random.next()) count++;
  return count;
}
