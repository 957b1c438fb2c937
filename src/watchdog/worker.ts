/** The thread of the watchdog. */
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parentPort, workerData } from 'node:worker_threads';
import { endProcess } from '../decode/binding.ts';
import { InHand, type OffsetRange, type Told } from '../in-hand.ts';
import { createLogger, type LoggerOptions } from '../log.ts';
import { type MarkPhase, marksAfter, type PartitionMarks, type StallMark } from '../stall-marks.ts';
import { StallClock } from './stall-clock.ts';
import { whereIsMainThread } from './whereabouts.ts';

export interface WatchdogSettings {
  /** Of `InHand`. */
  readonly buffer: SharedArrayBuffer;
  readonly timeoutMs: number;
  readonly tickMs: number;
  readonly logging: Pick<LoggerOptions, 'level' | 'format'>;
}

/** The group that has the marks, and how to reach the cluster. */
export interface MarkGroup {
  readonly group: string;
  readonly properties: Record<string, string | number | boolean>;
}

export type WatchdogMessage = Told | { readonly kind: 'group'; readonly group: MarkGroup };

/** What the process that writes the marks reads from its standard input. */
export interface MarksToLeave extends MarkGroup {
  readonly partitions: readonly PartitionMarks[];
}

/** The exit code of a process whose event loop stood still: EX_SOFTWARE. */
const EXIT_CODE = 70;
const WHERE_MS = 8_000;
const SETTLE_MS = 500;
const MARKS_MS = 20_000;
const STDERR = 2;
const WRITE_ATTEMPTS = 100;
const WRITE_PAUSE_MS = 10;
/** In the log line. */
const RANGES_SHOWN = 10;

const { buffer, timeoutMs, tickMs, logging } = workerData as WatchdogSettings;
const inHand = new InHand(() => undefined, buffer);
const logger = createLogger({ ...logging, destination: { write: writeNow } });
const topics: string[] = [];
/** Of earlier processes, by partition. */
const marks = new Map<string, readonly StallMark[]>();
let markGroup: MarkGroup | undefined;
let clock = new StallClock(tickMs, performance.now());
let isLooking = false;

parentPort?.on('message', (message: WatchdogMessage) => {
  if (message.kind === 'topic') topics.push(message.topic);
  else if (message.kind === 'group') markGroup = message.group;
  else marks.set(nameOf(message.partition), message.partition.marks);
});
setInterval(() => void look(), tickMs);

async function look(): Promise<void> {
  if (isLooking) return;
  const beats = inHand.beats;
  const stalledMs = clock.tick(beats, performance.now());
  if (stalledMs < timeoutMs || inHand.isDebugged) return;
  isLooking = true;
  const { frames, release } = await whereIsMainThread(WHERE_MS);
  const isStopped = frames !== undefined && frames.length > 0;
  if (isStopped) {
    // A debugger may have let it go just before it was stopped here: then it beats now.
    release();
    await sleep(SETTLE_MS);
  }
  if (frames !== undefined && inHand.beats === beats) end(stalledMs, frames);
  if (!isStopped) release(); // it has gone on, or somebody is debugging it
  clock = new StallClock(tickMs, performance.now());
  isLooking = false;
}

function end(stalledMs: number, frames: readonly string[]): never {
  const { phase } = inHand;
  const ranges = inHand.ranges(topics);
  logger.error('event_loop_blocked', {
    seconds: Math.round(stalledMs / 100) / 10,
    phase,
    in_hand: ranges.slice(0, RANGES_SHOWN).map((range) => `${nameOf(range)} ${range.first}-${range.last}`),
    where: frames.length > 0 ? frames : ['native code'],
  });
  if (phase !== 'none' && ranges.length > 0 && markGroup !== undefined) leaveMarks(markGroup, phase, ranges);
  endProcess(EXIT_CODE);
  throw new Error('unreachable');
}

/** By another process: a client of Kafka needs an event loop of its own, and cannot live in this thread. */
function leaveMarks(group: MarkGroup, phase: MarkPhase, ranges: readonly OffsetRange[]): void {
  const partitions = ranges.map(({ topic, partition, first, last }) => {
    const before = marks.get(nameOf({ topic, partition })) ?? [];
    return { topic, partition, marks: marksAfter(before, { phase, first, last }) };
  });
  const input = JSON.stringify({ ...group, partitions } satisfies MarksToLeave);
  const script = fileURLToPath(new URL('./leave-marks.js', import.meta.url));
  const { status, stderr, error } = spawnSync(process.execPath, [script], {
    input,
    timeout: MARKS_MS,
    killSignal: 'SIGKILL',
    stdio: ['pipe', 'ignore', 'pipe'],
    encoding: 'utf8',
  });
  if (status === 0) return;
  const reason = error?.message ?? stderr.trim().split('\n').at(-1) ?? '';
  logger.error('stall_not_remembered', { reason });
}

/** This may be the last line of the process. One that a full pipe does not take is given up after a second. */
function writeNow(line: string): void {
  let rest = Buffer.from(line);
  for (let attempt = 0; rest.length > 0 && attempt < WRITE_ATTEMPTS; attempt++) {
    try {
      rest = rest.subarray(writeSync(STDERR, rest));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') return;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, WRITE_PAUSE_MS);
    }
  }
}

function nameOf({ topic, partition }: { topic: string; partition: number }): string {
  return `${topic}/${partition}`;
}
