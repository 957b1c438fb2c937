import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

/** Where the CPU controller of version 1 may be mounted, by its usual names. */
const mounts = ['sys/fs/cgroup/cpu,cpuacct', 'sys/fs/cgroup/cpu'];

/**
 * The number of whole CPUs this process may use, at least 1: the affinity mask, or less if its control group (version 2
 * or 1) or a parent has a quota. A quota of 1.5 counts as 1, because a second busy thread would be throttled in every
 * period and its batch would take twice as long.
 */
export function cpuQuota(root = '/'): number {
  const groups = read(join(root, 'proc/self/cgroup')) ?? '';
  // `0::/a/b`, or `4:cpu,cpuacct:/a/b`
  const own = /^0::(.*)$/m.exec(groups)?.[1] ?? '/';
  const cpu = /^\d+:(?:[^:\n]*,)?cpu(?:,[^:\n]*)?:(.*)$/m.exec(groups)?.[1] ?? '/';
  const cpus = [
    tightest(join(root, 'sys/fs/cgroup'), own, (folder) => read(join(folder, 'cpu.max')) ?? ''),
    ...mounts.map((mount) =>
      tightest(join(root, mount), cpu, (folder) => {
        return `${read(join(folder, 'cpu.cfs_quota_us'))} ${read(join(folder, 'cpu.cfs_period_us'))}`;
      }),
    ),
  ];
  return Math.max(1, Math.floor(Math.min(availableParallelism(), ...cpus)));
}

/** `limit`: quota and period; -1 or `max` is none. In a container the group's own path may not be mounted. */
function tightest(mount: string, own: string, limit: (folder: string) => string): number {
  let cpus = Number.POSITIVE_INFINITY;
  for (let folder = join(mount, own); folder.startsWith(mount); folder = dirname(folder)) {
    const [quota = 0, period = 0] = limit(folder).trim().split(/\s+/).map(Number);
    if (quota > 0 && period > 0) cpus = Math.min(cpus, quota / period);
  }
  return cpus;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
