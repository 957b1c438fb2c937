import { cpuQuota } from './cpu-quota.ts';
import type { Config } from './schema.ts';

/**
 * How many consumers to open: `consumer_threads`, but no more than there are CPUs. One consumer reads more than many
 * CPUs can classify, and each further one costs two round trips in every transaction and its own fetches
 * (docs/adr/0018-consumers-and-cpus.md).
 */
export function consumerCount({ consumer_threads: wanted }: Config['kafka'], cpus = cpuQuota()): number {
  return Math.min(wanted, cpus);
}

/** With the one that reads the retry topics. */
export function allConsumers(kafka: Config['kafka']): number {
  return consumerCount(kafka) + (kafka.retry_topics === undefined ? 0 : 1);
}
