import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mayDelete } from '../../../src/cluster/topic-settings.ts';

test('what lets brokers delete records is told from what does not', () => {
  const deletes = [
    { name: 'retention.ms', from: '604800000', to: '1000' },
    { name: 'retention.ms', from: '-1', to: '604800000' },
    { name: 'retention.bytes', from: null, to: '1000' },
    { name: 'retention.ms', from: '604800000', to: null },
    { name: 'cleanup.policy', from: 'delete', to: 'compact' },
  ];
  const keeps = [
    { name: 'retention.ms', from: '1000', to: '604800000' },
    { name: 'retention.ms', from: '1000', to: '-1' },
    { name: 'cleanup.policy', from: 'delete', to: 'delete' },
    { name: 'max.message.bytes', from: '2000', to: '1000' },
    { name: 'min.insync.replicas', from: '1', to: null },
  ];
  assert.deepEqual(
    deletes.map(mayDelete),
    deletes.map(() => true),
  );
  assert.deepEqual(
    keeps.map(mayDelete),
    keeps.map(() => false),
  );
});
