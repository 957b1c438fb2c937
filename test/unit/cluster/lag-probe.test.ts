import assert from 'node:assert/strict';
import { test } from 'node:test';
import { lagStatus } from '../../../src/cluster/lag-probe.ts';

test('nothing waits, or not for long: ok, even if the group has not moved', () => {
  assert.equal(lagStatus(0, 0, true), 'ok');
  assert.equal(lagStatus(500, 4.9, true), 'ok');
});

test('what waits is behind while the group moves and stalled when it does not', () => {
  assert.equal(lagStatus(1, 60, false), 'behind');
  assert.equal(lagStatus(1, 60, true), 'stalled');
  assert.equal(lagStatus(1, null, true), 'stalled');
});
