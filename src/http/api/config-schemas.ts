import type { RouteSchema, Schema } from './schema-parts.ts';

const value: Schema = { description: 'As in the file; null: not set. Secrets are hidden.' };
const changes: Schema = {
  type: 'array',
  items: {
    type: 'object',
    properties: { key: { type: 'string' }, from: value, to: value },
    required: ['key', 'from', 'to'],
  },
};

export const configSchemas = {
  inUse: {
    summary: 'The configuration in use, with secrets hidden',
    description: 'Requires http.token to be set. Keys that are not set are left out.',
    tags: ['config'],
    response: {
      200: { type: 'object', additionalProperties: { type: 'object', additionalProperties: value } },
    },
  },
  reload: {
    summary: 'Reads the configuration again and uses what can change while running',
    description:
      'Requires http.token to be set. Answers with 422 and everything that is wrong if nothing changes. "loading": ' +
      'the model is loaded again for one of its keys and takes longer, and the log will tell.',
    tags: ['config'],
    response: {
      200: {
        type: 'object',
        properties: {
          outcome: { enum: ['reloaded'] },
          changed: changes,
          needs_restart: changes,
          model_reloaded: { type: 'boolean' },
        },
        required: ['outcome', 'changed', 'needs_restart', 'model_reloaded'],
      },
      202: { type: 'object', properties: { outcome: { enum: ['loading'] } }, required: ['outcome'] },
    },
  },
} satisfies Record<string, RouteSchema>;
