import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { KubesentimentError } from '../../../src/errors.ts';
import { checkPatch } from '../../../src/session/kafka-clients.ts';

const check = (patched: boolean, settings: Readonly<Record<string, unknown>> = {}): string[] => {
  const warnings: string[] = [];
  const { config } = loadConfig({ overrides: settings });
  try {
    checkPatch(config, patched, (error) => warnings.push(`warns ${error.code}`));
  } catch (error) {
    assert.ok(error instanceof KubesentimentError);
    assert.match(error.remedy ?? '', /rdkafka-patch\.mjs/);
    return [`throws ${error.code}, exit ${error.exitCode}`];
  }
  return warnings;
};

test('exactly_once wants the patched librdkafka; who accepts the risk is warned', () => {
  assert.deepEqual(check(true), []);
  assert.deepEqual(check(false), ['throws KS_CLIENT_UNPATCHED, exit 2']);
  assert.deepEqual(check(false, { 'kafka.allow_unpatched': true }), ['warns KS_CLIENT_UNPATCHED']);
});

test('what promises less does not', () => {
  assert.deepEqual(check(false, { 'kafka.delivery': 'at_least_once' }), []);
  assert.deepEqual(check(false, { 'kafka.bootstrap_servers': 'embedded' }), []);
});
