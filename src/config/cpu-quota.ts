import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/**
 * The number of whole CPUs this process may use, at least 1: the affinity mask, or less if its control group (v2) or a
 * parent has a quota. A quota of 1.5 counts as 1, because a second busy thread would be throttled in every period and
 * its batch would take twice as long.
 */
export function cpuQuota(root = '/'): number {
  const mount = join(root, 'sys/fs/cgroup');
  const own = read(join(root, 'proc/self/cgroup'))?.match(/^0::(.*)$/m)?.[1] ?? '/';
  let cpus = availableParallelism();
  for (let directory = join(mount, own); directory.startsWith(mount); directory = dirname(directory)) {
    const [quota, period] = (read(join(directory, 'cpu.max')) ?? 'max').split(/\s+/).map(Number);
    if (quota && period) cpus = Math.min(cpus, quota / period);
  }
  return Math.max(1, Math.floor(cpus));
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
