import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Demand, desiredReplicas } from '../../../src/scaling/desired-replicas.ts';

const demand = (more: Partial<Demand> = {}): number =>
  desiredReplicas({
    partitions: 12,
    arrivalsPerS: 950,
    backlog: 0,
    capacityPerS: 1_000,
    freshnessS: 60,
    ...more,
  });

test('what arrives decides while nothing waits', () => {
  assert.equal(demand(), 1);
  assert.equal(demand({ arrivalsPerS: 0 }), 0);
  assert.equal(demand({ arrivalsPerS: 9_500 }), 10);
});

test('a backlog must be gone within half of the goal', () => {
  assert.equal(demand({ backlog: 30_000 }), 1);
  assert.equal(demand({ backlog: 90_000 }), 3);
  assert.equal(demand({ backlog: 90_000, freshnessS: 180 }), 1);
});

test('a partition is read by one process, so there are never more of them', () => {
  assert.equal(demand({ backlog: 10_000_000 }), 12);
  assert.equal(demand({ partitions: 0, backlog: 10_000_000 }), 0);
});

test('a process that has not worked yet asks for itself', () => {
  assert.equal(demand({ capacityPerS: undefined }), 1);
  assert.equal(demand({ capacityPerS: undefined, arrivalsPerS: 0 }), 0);
});
