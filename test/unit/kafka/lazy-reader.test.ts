import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LazyReader } from '../../../src/kafka/lazy-reader.ts';

test('a reader that is closed opens no other client, which nobody would close', async () => {
  const reader = new LazyReader({ group: 'g', properties: {} });
  await reader.close();
  await assert.rejects(reader.connected(), { code: 'KS_STATE' });
});
