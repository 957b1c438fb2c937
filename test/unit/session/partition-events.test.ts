import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import type { SharedParts } from '../../../src/session/build-pipeline.ts';
import { EmbeddedBroker } from '../../../src/kafka/embedded.ts';
import { partitionEvents } from '../../../src/session/partition-events.ts';

test('who may forget offsets is not asked for them', async () => {
  const asks = (overrides: Record<string, string>): boolean => {
    const { config } = loadConfig({ overrides });
    return partitionEvents({ config } as SharedParts, {} as never).onForgotten !== undefined;
  };
  assert.equal(asks({}), true);
  assert.equal(asks({ 'kafka.delivery': 'at_least_once' }), false);
  const forgets = 'it forgets the offsets of every transaction';
  assert.equal(asks({ 'kafka.bootstrap_servers': 'embedded' }), false, forgets);
  const broker = await EmbeddedBroker.start();
  const byAddress = { 'kafka.bootstrap_servers': broker.bootstrapServers };
  assert.equal(asks(byAddress), false, forgets);
  await broker.stop();
  assert.equal(asks(byAddress), true, 'another one may have the address now');
});
