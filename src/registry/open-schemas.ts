import { loadBinding, type SchemaPort } from '../decode/binding.ts';
import { hasSchemas, type RequestShape, type ResultShape } from '../request-shape.ts';
import { compileSchema } from './compile-schema.ts';
import { fieldTree } from './pointer-tree.ts';
import { type RegistryAccess, RegistryClient } from './registry-client.ts';
import { Schemas, type SchemasObserver } from './schemas.ts';

/** What of the configuration says which schemas there are, and what of them is wanted. */
export interface SchemasConfig {
  readonly request: RequestShape;
  readonly result: Pick<ResultShape, 'include'>;
  readonly schema_registry: { readonly [K in keyof RegistryAccess]?: string | undefined };
}

/** The schemas of requests; their programs go to `port`. undefined if requests have none. */
export function openSchemas(
  config: SchemasConfig,
  port: SchemaPort,
  observer: SchemasObserver,
  unknownMs?: number,
): Schemas | undefined {
  const { request, result } = config;
  const access = accessOf(config);
  if (!hasSchemas(request) || access === undefined) return undefined;
  const fields = fieldTree(request, result);
  const status = loadBinding().schemaStatus;
  return new Schemas({
    client: new RegistryClient(access),
    compile: (schema) => compileSchema(schema, request.format, fields, status),
    ...{ port, status, observer, unknownMs },
  });
}

function accessOf(config: SchemasConfig): RegistryAccess | undefined {
  const { url, ssl_cafile } = config.schema_registry;
  if (url === undefined) return undefined;
  return {
    ...{ url, ssl_cafile },
    username: config.schema_registry.username,
    password: config.schema_registry.password,
    token: config.schema_registry.token,
  };
}
