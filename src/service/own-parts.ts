/** What a service creates for itself from its configuration. */
import type { Config } from '../config/schema.ts';
import { IdWindow } from '../consume/id-window.ts';
import type { Logger } from '../log.ts';
import { resultsTopicsOf } from '../config/topics.ts';
import { registerResults } from '../registry/register-results.ts';
import type { SchemasObserver } from '../registry/schemas.ts';

/** The ledger always checks offsets; ids are checked only if producers may send a request twice. */
export function idWindow(kafka: Config['kafka']): IdWindow | undefined {
  if (kafka.dedup !== 'id') return undefined;
  return new IdWindow({ capacity: kafka.dedup_window, ttlS: kafka.dedup_ttl_s });
}

/** By topic: the id of the schema of its results; undefined if they have none. What comes of it goes to the log. */
export async function resultSchemasOf(
  config: Config,
  logger: Logger,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, number> | undefined> {
  const { url } = config.schema_registry;
  const onTrouble = ({ message }: Error): void =>
    logger.warn('result_registry_away', { url, reason: message });
  const ids = await registerResults(config, resultsTopicsOf(config), { onTrouble, signal });
  for (const [topic, schema] of ids ?? [])
    logger.info('result_schema', { topic, format: config.result.format, schema });
  return ids;
}

/** Trouble with the registry goes to the log. */
export function schemaLog({ schema_registry: { url } }: Config, logger: Logger): SchemasObserver {
  return {
    onTrouble: ({ message }) => logger.warn('schema_registry_away', { url, reason: message }),
    onAnswer: () => logger.info('schema_registry_back', { url }),
    onRefused: (schema, reason) => logger.error('schema_refused', { schema, reason }),
  };
}
