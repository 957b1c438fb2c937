import type { RequestReader } from '../decode/request-reader.ts';
import { schemaIdOf } from '../decode/schema-id.ts';
import type { RequestShape } from '../request-shape.ts';
import type { SourceMessage } from '../types.ts';
import { openSchemas, type SchemasConfig } from './open-schemas.ts';
import { unreachable } from './register-results.ts';
import type { RegistryError } from './registry-connection.ts';

/** For tools: afterwards the reader has the schemas of these messages, once asked for. KS_REGISTRY_UNREACHABLE. */
export async function fetchSchemas(
  config: SchemasConfig & { readonly request: RequestShape },
  reader: Pick<RequestReader, 'schemas'>,
  messages: readonly SourceMessage[],
): Promise<void> {
  let fail: (error: RegistryError) => void = () => undefined;
  const failure = new Promise<never>((_, reject) => {
    fail = (error) => reject(unreachable(config.schema_registry.url, error));
  });
  const observer = {
    onTrouble: (error: RegistryError) => fail(error),
    onAnswer: () => undefined,
    onRefused: () => undefined,
  };
  const schemas = openSchemas(config, [{ request: config.request, port: reader.schemas }], observer, 0);
  const ids = messages.flatMap((message) => schemaIdOf(message) ?? []);
  try {
    await Promise.race([failure, Promise.all(ids.map((id) => schemas?.want(id)))]);
  } finally {
    schemas?.close();
  }
}
