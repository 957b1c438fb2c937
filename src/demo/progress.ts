import { whole } from '../bench/results.ts';

export interface ProgressState {
  /** Messages that came out so far. */
  readonly done: number;
  /** Messages waiting in the topic. */
  readonly lag?: number | undefined;
}

export interface Progress {
  /**
   * Call as often as you like: draws ten times a second on a terminal, otherwise writes a line every five seconds.
   */
  update(state: ProgressState): void;
  /** Draws the final state and ends the line. Later updates are ignored. */
  finish(): void;
}

interface ProgressOptions {
  /** Messages in all; without it there is no bar and no percentage. */
  readonly total?: number | undefined;
  /** Standard error by default, so `--json` on standard output stays a single document. */
  readonly stream?: ProgressStream;
  /** Milliseconds, monotonic. */
  readonly now?: () => number;
}

interface ProgressStream {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
}

const BAR_WIDTH = 24;
const DRAW_INTERVAL_MS = 100;
const LINE_INTERVAL_MS = 5_000;
const RATE_WINDOW_MS = 5_000;

export function createProgress(options: ProgressOptions = {}): Progress {
  const { total, stream = process.stderr, now = () => performance.now() } = options;
  const isTerminal = stream.isTTY === true;
  const intervalMs = isTerminal ? DRAW_INTERVAL_MS : LINE_INTERVAL_MS;
  const rate = createRate(now());
  let last: ProgressState | undefined;
  let writtenAt = isTerminal ? Number.NEGATIVE_INFINITY : now();
  let isFinished = false;

  function write(state: ProgressState): void {
    const figures = describe(state, total, rate.perSecond());
    if (!isTerminal) stream.write(`${figures}\n`);
    else
      stream.write(
        `\r\u001b[K${clipped(total === undefined ? figures : `${bar(state.done / total)} ${figures}`, stream.columns)}`,
      );
  }

  return {
    update(state) {
      if (isFinished) return;
      const time = now();
      last = state;
      rate.add(time, state.done);
      if (time - writtenAt < intervalMs) return;
      writtenAt = time;
      write(state);
    },
    finish() {
      if (isFinished) return;
      isFinished = true;
      if (last === undefined) return;
      write(last);
      if (isTerminal) stream.write('\n');
    },
  };
}

/** Messages a second over the last few seconds, so a stall shows at once. */
function createRate(startedAt: number): { add(time: number, done: number): void; perSecond(): number } {
  const samples = [{ time: startedAt, done: 0 }];
  return {
    add(time, done) {
      const [before, newest] = samples.slice(-2);
      // Keeps at most ten samples a second, however often the caller reports.
      if (before !== undefined && newest !== undefined && newest.time - before.time < DRAW_INTERVAL_MS)
        samples.pop();
      samples.push({ time, done });
      while (samples.length > 2 && time - (samples[1]?.time ?? time) >= RATE_WINDOW_MS) samples.shift();
    },
    perSecond() {
      const oldest = samples[0];
      const newest = samples.at(-1);
      if (oldest === undefined || newest === undefined || newest.time <= oldest.time) return 0;
      return ((newest.done - oldest.done) * 1000) / (newest.time - oldest.time);
    },
  };
}

function describe({ done, lag }: ProgressState, total: number | undefined, perSecond: number): string {
  const share =
    total === undefined
      ? ''
      : ` of ${whole(total)} (${total === 0 ? 100 : Math.floor((done * 100) / total)} %)`;
  const waiting = lag === undefined ? '' : `, lag ${whole(lag)}`;
  return `${whole(done)}${share}, ${whole(perSecond)} messages/s${waiting}`;
}

function bar(share: number): string {
  const filled = Math.round(Math.min(1, Math.max(0, share || 0)) * BAR_WIDTH);
  return '█'.repeat(filled) + '░'.repeat(BAR_WIDTH - filled);
}

/** A line that wraps could not be redrawn in place. */
function clipped(text: string, columns: number | undefined): string {
  return columns === undefined ? text : text.slice(0, Math.max(0, columns - 1));
}
