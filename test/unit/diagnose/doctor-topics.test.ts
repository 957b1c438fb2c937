import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { judgeMembers } from '../../../src/diagnose/doctor-topics.ts';

const stable = { protocolType: 'consumer', type: 'Classic', state: 'Stable', assignor: 'cooperative-sticky' };

test('members of the same kind, or none, are no obstacle', () => {
  const { config } = loadConfig();
  const empty = { ...stable, state: 'Empty', protocolType: 'connect' };
  const joining = { ...stable, state: 'PreparingRebalance', assignor: undefined };
  for (const found of [stable, empty, joining]) assert.equal(judgeMembers(found, config).status, 'ok');
});

test('members of another kind are, and the remedy names what they have', () => {
  for (const [found, settings, status, says] of [
    [{ ...stable, assignor: 'range' }, {}, 'failed', /assignment_strategy to range/],
    [{ ...stable, protocolType: 'connect' }, {}, 'failed', /a name of its own/],
    [{ ...stable, type: 'Consumer', assignor: undefined }, {}, 'warn', /group_protocol to consumer/],
    [stable, { 'kafka.group_protocol': 'consumer' }, 'warn', /group_protocol to classic/],
  ] as const) {
    const result = judgeMembers(found, loadConfig({ overrides: settings }).config);
    assert.equal(result.status, status);
    assert.match(String(result.remedy), says);
  }
});
