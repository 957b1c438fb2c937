import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import type { SharedParts } from '../../../src/session/build-pipeline.ts';
import { partitionEvents } from '../../../src/session/partition-events.ts';

test('who may forget offsets is not asked for them', () => {
  const asks = (overrides: Record<string, string>): boolean => {
    const { config } = loadConfig({ overrides });
    return partitionEvents({ config } as SharedParts, {} as never).onForgotten !== undefined;
  };
  assert.equal(asks({}), true);
  assert.equal(asks({ 'kafka.delivery': 'at_least_once' }), false);
  assert.equal(
    asks({ 'kafka.bootstrap_servers': 'embedded' }),
    false,
    'it forgets those of every transaction',
  );
});
