import { cpuQuota } from './cpu-quota.ts';
import type { Config } from './schema.ts';

/**
 * Consumers that are opened: `consumer_threads`, but no more than there are CPUs. One reads more than many CPUs
 * classify, and each further one costs two round trips in every transaction, and fetches of its own
 * (docs/adr/0018-consumers-and-cpus.md).
 */
export function consumerCount({ consumer_threads: wanted }: Config['kafka'], cpus = cpuQuota()): number {
  return Math.min(wanted, cpus);
}
