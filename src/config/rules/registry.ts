import { hasSchemas } from '../../request-shape.ts';
import { TopicRequests } from '../topic-requests.ts';
import type { Config } from '../schema.ts';
import type { Rule } from './rule.ts';

const isLoopback = (url: string) => /^http:\/\/(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:|\/|$)/.test(url);

/** What names members of JSON. Avro and Protobuf have the state after a change of Debezium, nothing else. */
function isForJsonOnly({ request }: Config): boolean {
  const isBinary = hasSchemas(request) && request.format !== 'json_schema';
  return isBinary && (request.envelope === 'connect' || request.envelope === 'cloudevents');
}

/** Requests and results whose schemas are in a Schema Registry. */
export const registryRules: readonly Rule[] = [
  {
    keys: ['request.format', 'schema_registry.url'],
    check: ({ request, schema_registry: { url } }) =>
      hasSchemas(request) &&
      url === undefined &&
      `${request.format} needs schema_registry.url, where the schemas come from`,
  },
  {
    keys: ['result.format', 'schema_registry.url'],
    isOfAll: true,
    check: ({ result, schema_registry: { url } }) =>
      result.format !== 'json' &&
      url === undefined &&
      `${result.format} needs schema_registry.url, where the schema of results is registered`,
  },
  {
    keys: ['result.shape', 'result.format'],
    isOfAll: true,
    check: ({ result: { shape, format } }) =>
      shape === 'request' &&
      format !== 'json' &&
      `request adds a member to a JSON document, and ${format} has a schema of its own; ` +
        'set shape: record and name in result.include what results take from requests, or format: json',
  },
  {
    keys: ['request.envelope', 'request.format'],
    check: (config) =>
      isForJsonOnly(config) &&
      `${config.request.envelope} is an envelope of JSON; with ${config.request.format}, point into the value itself`,
  },
  {
    keys: ['schema_registry.token', 'schema_registry.username'],
    check: ({ schema_registry: { username, token } }) =>
      username !== undefined && token !== undefined && 'give a token or a user, not both',
  },
  {
    keys: ['schema_registry.url', 'schema_registry.username', 'schema_registry.token'],
    isWarning: true,
    check: ({ schema_registry: { url = '', username, token } }) =>
      url.startsWith('http:') &&
      !isLoopback(url) &&
      (username ?? token) !== undefined &&
      'user and token are sent without encryption; use https',
  },
  {
    keys: ['schema_registry.url', 'request.format'],
    isWarning: true,
    isOfAll: true,
    check: (config) =>
      config.schema_registry.url !== undefined &&
      config.result.format === 'json' &&
      !new TopicRequests(config).all.some(hasSchemas) &&
      `no schemas are needed with request.format: ${config.request.format} and result.format: json`,
  },
];
