import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Demand, desiredReplicas, type PartitionDemand } from '../../../src/scaling/desired-replicas.ts';

/** Twelve partitions, and a process that can do a thousand a second. */
const demand = (each: Partial<PartitionDemand>, more: Partial<Demand> = {}): number =>
  desiredReplicas({
    partitions: Array.from({ length: 12 }, () => ({ arrivalsPerS: 0, waiting: 0, ...each })),
    committedPerS: 1_000_000,
    busy: 1_000, // more than there is: nothing is known of it
    capacityPerS: 1_000,
    freshnessS: 60,
    ...more,
  });

test('what arrives decides while nothing waits', () => {
  assert.equal(demand({}), 0);
  assert.equal(demand({ arrivalsPerS: 20 }), 12 / 48);
  assert.equal(demand({ arrivalsPerS: 80 }), 1);
  assert.equal(demand({ arrivalsPerS: 900 }), 12);
});

test('a partition is not divided: with room for two and a half it takes half of the partitions', () => {
  assert.equal(demand({ arrivalsPerS: 390 }), 6);
  assert.equal(demand({ arrivalsPerS: 480 }), 6);
  assert.equal(demand({ arrivalsPerS: 490 }), 12);
});

test('a backlog must be gone within half of the goal', () => {
  assert.equal(demand({ waiting: 2_500 }), 1);
  assert.equal(demand({ waiting: 7_500 }), 3);
  assert.equal(demand({ waiting: 7_500 }, { freshnessS: 180 }), 1);
});

test('a process that falls behind asks for more once a partition waits for half of the goal', () => {
  const partitions = [
    { arrivalsPerS: 100, waiting: 4_500 },
    ...Array(9).fill({ arrivalsPerS: 95, waiting: 0 }),
  ];
  assert.equal(demand({}, { partitions }), 10 / 10);
  assert.equal(demand({}, { partitions, committedPerS: 950 }), 2.25);
  const longer = [
    { arrivalsPerS: 100, waiting: 20_000 },
    { arrivalsPerS: 0, waiting: 0 },
  ];
  assert.equal(demand({}, { partitions: longer, committedPerS: 50 }), 2);
});

test('a partition is read by one process, so there are never more of them', () => {
  assert.equal(demand({ waiting: 10_000_000 }), 12);
  assert.equal(demand({}, { partitions: [] }), 0);
});

test('a process that keeps up asks for no more than it uses', () => {
  assert.equal(demand({ arrivalsPerS: 80 }, { busy: 0.3 }), 12 / 38);
  assert.equal(demand({ arrivalsPerS: 80 }, { busy: 0.3, capacityPerS: undefined }), 12 / 38);
  assert.equal(
    demand({ arrivalsPerS: 80, waiting: 1 }, { busy: 0.3, committedPerS: 10 }),
    1,
    'it does not keep up',
  );
});

test('one that falls behind before it has worked asks for itself', () => {
  assert.equal(demand({ waiting: 5 }, { committedPerS: 0, capacityPerS: undefined }), 1);
  assert.equal(demand({}, { busy: 0, capacityPerS: undefined }), 0);
});
