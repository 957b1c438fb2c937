import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Since the control group was made. */
export interface ThrottledPeriods {
  /** Periods of the scheduler in which something wanted to run. */
  readonly periods: number;
  /** Those in which the quota was used up before they ended. */
  readonly throttled: number;
}

/** Where the CPU controller may be mounted: version 2, then version 1 by its usual names. */
const mounts = ['sys/fs/cgroup', 'sys/fs/cgroup/cpu,cpuacct', 'sys/fs/cgroup/cpu'];

/**
 * How often the CPU quota has stopped this process, from `cpu.stat` of its control group (version 2 or 1) or of the one
 * above it that was stopped most; undefined where nothing has a quota.
 */
export function throttledPeriods(root = '/'): ThrottledPeriods | undefined {
  const groups = read(join(root, 'proc/self/cgroup')) ?? '';
  // `0::/a/b`, or `4:cpu,cpuacct:/a/b`
  const own = /^0::(.*)$/m.exec(groups)?.[1] ?? '/';
  const cpu = /^\d+:(?:[^:\n]*,)?cpu(?:,[^:\n]*)?:(.*)$/m.exec(groups)?.[1] ?? '/';
  for (const [index, mount] of mounts.entries()) {
    const found = most(join(root, mount), index === 0 ? own : cpu);
    if (found !== undefined) return found;
  }
  return undefined;
}

function most(mount: string, own: string): ThrottledPeriods | undefined {
  let found: ThrottledPeriods | undefined;
  for (let folder = join(mount, own); folder.startsWith(mount); folder = dirname(folder)) {
    const stat = read(join(folder, 'cpu.stat')) ?? '';
    const [periods, throttled] = [numberIn(stat, 'nr_periods'), numberIn(stat, 'nr_throttled')];
    if (periods > 0 && (found === undefined || throttled > found.throttled)) found = { periods, throttled };
  }
  return found;
}

function numberIn(stat: string, name: string): number {
  return Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(stat)?.[1] ?? 0);
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
