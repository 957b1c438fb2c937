import { allConsumers } from '../config/consumer-count.ts';
import type { Config } from '../config/schema.ts';
import { isPatched } from '../kafka/rdkafka-module.ts';
import { threadPoolSize, threadPoolWanted } from '../kafka/thread-pool.ts';
import type { Logger } from '../log.ts';
import { checkPatch } from '../session/kafka-clients.ts';

/**
 * Looks at node-rdkafka before anything has started: a process that ends while threads load a model can abort, and lose
 * its exit code. Throws KS_CLIENT_MISSING and KS_CLIENT_UNPATCHED; warns of too few threads.
 */
export function checkClients(config: Config, logger: Logger): void {
  checkPatch(config, isPatched(), () => undefined);
  const [threads, wanted] = [threadPoolSize(), threadPoolWanted(allConsumers(config.kafka))];
  if (threads >= wanted) return;
  const remedy =
    `Start Node with UV_THREADPOOL_SIZE=${wanted} or more; from Node 22 on, a program can set it itself after its ` +
    'imports (docs/library.md#threads).';
  logger.warn('thread_pool_small', { threads, wanted, remedy });
}
