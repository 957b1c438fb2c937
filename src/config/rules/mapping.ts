import { RECORD_KEY } from '../../request-shape.ts';
import { TopicRequests } from '../topic-requests.ts';
import type { Config } from '../schema.ts';
import type { Rule } from './rule.ts';

/** What a result has by itself. */
const resultMembers: ReadonlySet<string> = new Set([
  ...['id', 'label', 'score', 'labels', 'scores', 'model', 'model_version', 'truncated'],
  ...['windows', 'stage', 'attempts'],
  ...['source', 'timestamp', 'processed_at', 'latency_ms'],
]);
const defaults = { id: '/id', timestamp: '/timestamp', priority: '/priority' } as const;

/** A pointer that somebody has set, into a value that has no members. */
function pointsIntoText({ request }: Config): string | undefined {
  if (request.format !== 'text') return undefined;
  const names = ['id', 'timestamp', 'priority'] as const;
  return names.find((name) => ![RECORD_KEY, '', defaults[name]].includes(request[name]));
}

const wordsAlone = ({ headers }: Config['result']) =>
  headers.length > 1 ? headers.find((name) => name === 'all' || name === 'none') : undefined;

/** What requests look like, and what their results can take from them. */
export const mappingRules: readonly Rule[] = [
  {
    keys: ['request.format', 'request.envelope'],
    check: ({ request }) =>
      request.format === 'text' &&
      request.envelope !== 'none' &&
      `text has no envelope; delete envelope: ${request.envelope}, or set format: json`,
  },
  {
    keys: ['request.format', 'request.id', 'request.timestamp', 'request.priority'],
    check: (config) => {
      const name = pointsIntoText(config);
      return name !== undefined && `text has no members; request.${name} can only be $key`;
    },
  },
  {
    keys: ['request.format', 'encryption.require'],
    check: ({ request, encryption }) =>
      request.format === 'text' &&
      encryption.require &&
      'text is never encrypted, which encryption.require asks for',
  },
  {
    keys: ['result.shape', 'request.format'],
    check: ({ request, result }) =>
      result.shape === 'request' &&
      request.format !== 'json' &&
      'request needs requests that are JSON objects',
  },
  {
    keys: ['result.include', 'request.format'],
    isOfAll: true,
    check: (config) =>
      new TopicRequests(config).all.every(({ format }) => format === 'text') &&
      Object.keys(config.result.include).length > 0 &&
      'has no effect with request.format: text',
  },
  {
    keys: ['result.include'],
    check: ({ result }) => {
      const taken = Object.keys(result.include).find((name) => resultMembers.has(name));
      return taken !== undefined && `a result has a member "${taken}" of its own; choose another name`;
    },
  },
  {
    keys: ['result.headers'],
    check: ({ result }) => {
      const word = wordsAlone(result);
      return word !== undefined && `"${word}" must stand alone`;
    },
  },
];
