import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createPlan, FAULT_KINDS, type FaultKind, printPlan } from '../../chaos/plan.ts';

const kindsOf = (seed: number, count: number): Set<FaultKind> =>
  new Set(createPlan(seed, count).phases.flatMap(({ faults }) => faults.map(({ kind }) => kind)));

test('the same seed gives the same plan, another seed another', () => {
  assert.equal(printPlan(createPlan(7, 30)), printPlan(createPlan(7, 30)));
  assert.notEqual(printPlan(createPlan(7, 30)), printPlan(createPlan(8, 30)));
});

test('a short plan has every kind of fault, every assignor and static members', () => {
  const count = FAULT_KINDS.length;
  for (let seed = 0; seed < 50; seed++) assert.equal(kindsOf(seed, count).size, count);
  const { phases } = createPlan(1, count);
  assert.equal(
    phases.reduce((sum, { faults }) => sum + faults.length, 0),
    count,
  );
  const assignors = new Set(phases.map(({ assignor }) => assignor));
  assert.deepEqual(assignors, new Set(['cooperative-sticky', 'range', 'of the broker']));
  assert.ok(phases.some(({ staticMembers }) => staticMembers));
});
