import { readFileSync } from 'node:fs';

/** Linux reports times in ticks of 10 ms on every architecture that Node runs on. */
const TICKS_PER_SECOND = 100;

/** User and system time of a process and all its threads so far, in seconds; NaN without /proc. */
export function cpuSeconds(pid: number): number {
  const stat = read(pid, 'stat');
  // The name in the second field may contain spaces and brackets: count from after its last bracket.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
}

/** Peak resident memory of the process, in bytes; NaN without /proc. */
export function rssPeakBytes(pid: number): number {
  return kilobytes(pid, /^VmHWM:\s+(\d+) kB$/m);
}

/** Current resident memory, in bytes; NaN without /proc. */
export function rssBytes(pid: number): number {
  return kilobytes(pid, /^VmRSS:\s+(\d+) kB$/m);
}

function kilobytes(pid: number, pattern: RegExp): number {
  return Number(pattern.exec(read(pid, 'status'))?.[1] ?? Number.NaN) * 1024;
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
