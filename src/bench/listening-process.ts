import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

const LISTENING = '0A';

/**
 * Id of the process that listens on a TCP port of this machine; undefined if there is none, it belongs to another
 * user, or the machine has no /proc.
 */
export function listeningProcess(port: number): number | undefined {
  const sockets = new Set(['tcp', 'tcp6'].flatMap((table) => socketsOf(table, port)));
  if (sockets.size === 0) return undefined;
  return list('/proc')
    .map(Number)
    .find(
      (pid) => pid > 0 && list(`/proc/${pid}/fd`).some((fd) => sockets.has(link(`/proc/${pid}/fd/${fd}`))),
    );
}

/** Names as in /proc/PID/fd: `socket:[inode]`. */
function socketsOf(table: string, port: number): string[] {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return read(`/proc/net/${table}`)
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .filter(([, local, , state]) => state === LISTENING && local?.endsWith(wanted))
    .map((fields) => `socket:[${fields[9]}]`);
}

const list = (directory: string): string[] => orElse([], () => readdirSync(directory));
const link = (path: string): string => orElse('', () => readlinkSync(path));
const read = (path: string): string => orElse('', () => readFileSync(path, 'utf8'));

/** Processes can end while being inspected, and those of other users cannot be inspected. */
function orElse<T>(otherwise: T, value: () => T): T {
  try {
    return value();
  } catch {
    return otherwise;
  }
}
