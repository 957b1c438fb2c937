import { loadBinding, type SchemaPort } from '../decode/binding.ts';
import { hasSchemas, type RequestShape, type ResultShape } from '../request-shape.ts';
import { compileSchema } from './compile-schema.ts';
import { fieldTree } from './pointer-tree.ts';
import type { RegisteredSchema } from './registered-schema.ts';
import { RegistryClient } from './registry-client.ts';
import { accessOf, type RegistryConfig } from './registry-connection.ts';
import { Schemas, type SchemasObserver } from './schemas.ts';

/** What of the configuration says which schemas there are, and what of them goes into results. */
export interface SchemasConfig extends RegistryConfig {
  readonly result: Pick<ResultShape, 'include'>;
}

/** Requests of one shape, and where the programs go that read them. */
export interface SchemaReader {
  readonly request: RequestShape;
  readonly port: SchemaPort;
}

/** The schemas of requests. undefined if none have any. */
export function openSchemas(
  config: SchemasConfig,
  readers: readonly SchemaReader[],
  observer: SchemasObserver,
  unknownMs?: number,
): Schemas | undefined {
  const access = accessOf(config);
  const withSchemas = readers.filter(({ request }) => hasSchemas(request));
  if (withSchemas.length === 0 || access === undefined) return undefined;
  const status = loadBinding().schemaStatus;
  const targets = withSchemas.map(({ request, port }) => {
    const fields = fieldTree(request, config.result);
    return {
      port,
      compile: (schema: RegisteredSchema) => compileSchema(schema, request.format, fields, status),
    };
  });
  return new Schemas({ client: new RegistryClient(access), targets, status, observer, unknownMs });
}
