import type { FastifyInstance } from 'fastify';
import { errorSchema } from './schemas.ts';
import type { RouteSchema, Schema } from './schema-parts.ts';

interface Operation {
  readonly method: string;
  readonly url: string;
  readonly schema: RouteSchema;
  readonly isPublic: boolean;
}

/** Records the routes that are added to `app` from now on. Returns a function that makes their OpenAPI 3.1 document. */
export function describeRoutes(app: FastifyInstance): (version: string) => object {
  const operations: Operation[] = [];
  app.addHook('onRoute', ({ method, url, schema, config }) => {
    const described = schema as RouteSchema | undefined;
    if (method === 'HEAD' || described === undefined || described.hide === true) return;
    operations.push({ method: String(method), url, schema: described, isPublic: config?.isPublic === true });
  });
  return (version) => documentOf(operations, version);
}

function documentOf(operations: readonly Operation[], version: string): object {
  const paths: Record<string, Record<string, object>> = {};
  for (const operation of operations) {
    const path = operation.url.replace(/:(\w+)/g, '{$1}');
    paths[path] = { ...paths[path], [operation.method.toLowerCase()]: describe(operation) };
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'kubesentiment',
      version,
      description:
        'The HTTP interface of the service. Errors have a code for programs and a message for people.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    servers: [{ url: 'http://127.0.0.1:8000' }],
    paths,
    components: {
      schemas: { Error: errorSchema },
      securitySchemes: {
        token: { type: 'http', scheme: 'bearer', description: 'http.token, if it is set' },
      },
    },
  };
}

function describe({ method, url, schema, isPublic }: Operation): object {
  const { summary, description, tags, body } = schema;
  const parameters = [...parametersOf('path', schema.params), ...parametersOf('query', schema.querystring)];
  return {
    operationId: `${method.toLowerCase()}${url.replace(/[^a-z0-9]+/gi, (gap) => (gap.startsWith('/') ? '_' : ''))}`,
    summary,
    ...(description !== undefined && { description }),
    tags,
    ...(!isPublic && { security: [{}, { token: [] }] }),
    ...(parameters.length > 0 && { parameters }),
    ...(body !== undefined && { requestBody: { required: true, content: json(body) } }),
    responses: responsesOf(schema, isPublic),
  };
}

function responsesOf({ response = {}, body, params, querystring }: RouteSchema, isPublic: boolean): object {
  const entries = Object.entries(response).map(([status, schema]) => {
    const isText = schema['type'] === 'string';
    const description = status === '200' ? 'Success' : 'Not healthy';
    return [status, { description, content: isText ? { 'text/plain': { schema } } : json(schema) }];
  });
  const failure = (description: string) => ({
    description,
    content: json({ $ref: '#/components/schemas/Error' }),
  });
  const takesInput = body !== undefined || params !== undefined || querystring !== undefined;
  return {
    ...Object.fromEntries(entries),
    ...(takesInput && { 400: failure('The request is invalid') }),
    ...(!isPublic && { 401: failure('The token is missing or wrong') }),
    429: failure('Too many requests: try again after Retry-After seconds'),
    default: failure('Any other error'),
  };
}

function parametersOf(place: 'path' | 'query', schema: Schema | undefined): object[] {
  const properties = (schema?.['properties'] ?? {}) as Record<string, Schema>;
  return Object.entries(properties).map(([name, property]) => ({
    name,
    in: place,
    required: place === 'path',
    schema: property,
  }));
}

function json(schema: Schema): object {
  return { 'application/json': { schema } };
}
