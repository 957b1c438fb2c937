import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { readConfiguredModel } from '../../../src/predict/model-parts.ts';
import { checkRoutes, routesOf, schemaIdsOf } from '../../../src/predict/routes.ts';

const configOf = (routes: Readonly<Record<string, string>>, more = {}) =>
  loadConfig({ overrides: { 'model.path': 'models/accurate', 'result.routes': routes, ...more } }).config;

test('each label has its route, by its number; the last number is that of uncertain texts', () => {
  const config = configOf({ NEGATIVE: 'alerts', UNCERTAIN: 'unsure' }, { 'model.min_score': 0.6 });
  assert.deepEqual(routesOf(config, readConfiguredModel(config)), ['alerts', undefined, 'unsure']);
});

test('each label has the schema of its topic', () => {
  const config = configOf({ NEGATIVE: 'alerts' }, { 'model.min_score': 0.6 });
  const model = readConfiguredModel(config);
  const ids = new Map([
    ['sentiment_results', 4],
    ['alerts', 9],
  ]);
  assert.deepEqual(schemaIdsOf(config, model, ids), Uint32Array.of(9, 4, 4));
  assert.equal(schemaIdsOf(config, model, undefined), undefined);
});

test('a label that no result can have is refused, with the labels that there are', () => {
  const refused = (routes: Readonly<Record<string, string>>) => () => {
    const config = configOf(routes);
    checkRoutes(config, readConfiguredModel(config));
  };
  assert.throws(refused({ negative: 'alerts', constructor: 'alerts' }), {
    code: 'KS_CONFIG_INVALID',
    message:
      'result.routes: no result has the label "negative", "constructor". The labels are "NEGATIVE", "POSITIVE".',
  });
  assert.throws(refused({ UNCERTAIN: 'unsure' }), /no result has the label "UNCERTAIN"/);
});

test('the names that the configuration gives to labels count', () => {
  const config = configOf({ bad: 'alerts' }, { 'model.labels': ['bad', 'good'] });
  assert.deepEqual(routesOf(config, readConfiguredModel(config)), ['alerts', undefined, undefined]);
});
