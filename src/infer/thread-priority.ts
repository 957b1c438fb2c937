/** The priority of single threads. Only Linux has one for each; elsewhere nothing changes. */
import { existsSync, readlinkSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import { basename } from 'node:path';

/** Steps of `nice`: beside a busy thread, one that is this much lower gets a tenth of a processor. */
const LOWER_BY = 10;
const LOWEST = 19;
/** Where nothing is left over, a thread that gives way would get nothing done: after that it does so no more. */
export const GIVES_WAY_MS_MAX = 10_000;

/** The kernel's number of the calling thread; 0 where threads have no priority of their own. */
export function threadNumber(): number {
  if (process.platform !== 'linux') return 0;
  try {
    return Number(basename(readlinkSync('/proc/thread-self')));
  } catch {
    return 0;
  }
}

/**
 * Whether a thread whose priority was lowered gets it back, which takes a privilege (CAP_SYS_NICE, or a limit on nice).
 * Finds out by trying with the calling thread, so call it in one that soon ends.
 */
export function canRaise(thread: number): boolean {
  if (thread === 0) return false;
  try {
    const before = getPriority(thread);
    setPriority(thread, Math.min(LOWEST, before + 1));
    setPriority(thread, before);
    return before < LOWEST;
  } catch {
    return false;
  }
}

/** Gives way to the other threads. Returns the priority that it had. */
function lower(thread: number): number {
  const before = getPriority(thread);
  setPriority(thread, Math.min(LOWEST, before + LOWER_BY));
  return before;
}

/** A thread that has ended meanwhile does not matter; its number may be that of a stranger by now. */
export function raise(thread: number, priority: number): void {
  if (!existsSync(`/proc/self/task/${thread}`)) return;
  try {
    setPriority(thread, priority);
  } catch {
    // It has just ended, or the privilege is gone: then it goes on as it is.
  }
}

/** In what is shared with the threads: whether they give way, how many do, and for each its number and priority. */
const ON = 0;
const COUNT = 1;
const FIRST = 2;
const PAIR = 2;

/** Threads that give way to the others of the process until `end`. */
export class GivingWay {
  /** For `giveWay`. */
  readonly shared: Int32Array;

  /** Without `isOn` nobody does. */
  constructor(threadsMax: number, isOn: boolean) {
    const size = (FIRST + PAIR * threadsMax) * Int32Array.BYTES_PER_ELEMENT;
    this.shared = new Int32Array(new SharedArrayBuffer(size));
    this.shared[ON] = isOn ? 1 : 0;
  }

  end(): void {
    endGivingWay(this.shared);
  }
}

/** All threads have the priority again that they had. Any thread may call it, and more than once. */
export function endGivingWay(shared: Int32Array): void {
  if (Atomics.exchange(shared, ON, 0) === 0) return;
  for (let at = FIRST; at < shared.length; at += PAIR) {
    const thread = Atomics.load(shared, at);
    if (thread !== 0) raise(thread, Atomics.load(shared, at + 1));
  }
}

/** Called by a thread when it starts. */
export function giveWay(shared: Int32Array): void {
  if (Atomics.load(shared, ON) === 0) return;
  const at = FIRST + PAIR * Atomics.add(shared, COUNT, 1);
  const thread = threadNumber();
  if (thread === 0 || at >= shared.length) return;
  const priority = lower(thread);
  Atomics.store(shared, at + 1, priority);
  Atomics.store(shared, at, thread);
  if (Atomics.load(shared, ON) === 0) raise(thread, priority); // `end` may have come before the thread was entered
}
