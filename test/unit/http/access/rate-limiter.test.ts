import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Admission } from '../../../../src/http/access/rate-limiter.ts';

/** A clock that the test turns, in milliseconds. */
function admission(perSecond: number) {
  let now = 0;
  const subject = new Admission({ perSecond, now: () => now });
  return {
    wait: (ms: number) => {
      now += ms;
    },
    admitted: (address: string, times: number, cost = 1, bytes = 0) =>
      Array.from({ length: times }, () => subject.admits(address, cost, bytes)).filter(Boolean).length,
  };
}

test('two seconds worth at once, then as many as the rate says', () => {
  const { admitted, wait } = admission(10);
  assert.equal(admitted('a', 100), 20);
  wait(500);
  assert.equal(admitted('a', 100), 5);
  wait(60_000);
  assert.equal(admitted('a', 100), 20, 'nothing is saved up beyond that');
});

test('one address does not use up what another may ask', () => {
  const { admitted } = admission(10);
  assert.equal(admitted('10.0.0.1', 100), 20);
  assert.equal(admitted('10.0.0.2', 100), 20);
});

test('IPv4 has one bucket in either spelling, an IPv6 network one for all its hosts', () => {
  const { admitted } = admission(10);
  admitted('10.0.0.1', 20);
  assert.equal(admitted('::ffff:10.0.0.1', 1), 0);
  admitted('2001:db8:1:2::1', 20);
  assert.equal(admitted('2001:db8:1:2::ffff', 1), 0);
  assert.equal(admitted('2001:db8:1:3::1', 1), 1);
});

test('what is costly and what is long counts for more, and still gets through alone', () => {
  const { admitted, wait } = admission(10);
  assert.equal(admitted('a', 100, 5), 4);
  wait(10_000);
  assert.equal(admitted('a', 100, 1, 16 * 1024), 4);
  wait(10_000);
  assert.equal(admitted('a', 100, 1, 1024 * 1024), 1);
});

test('what was paid before is taken off, also of what costs more than there can be', () => {
  const subject = new Admission({ perSecond: 10, now: () => 0 });
  assert.ok(subject.admits('a', 1));
  assert.ok(!subject.admits('a', 40));
  assert.ok(subject.admits('a', 40, 0, 1));
  assert.ok(!subject.admits('a', 1));
});

test('the number of addresses that are remembered is bounded', () => {
  const { admitted } = admission(1);
  admitted('first', 2);
  assert.equal(admitted('first', 1), 0);
  for (let i = 0; i < 1_024; i++) admitted(`10.1.${i >> 8}.${i & 255}`, 1);
  assert.equal(admitted('first', 1), 1, 'it was forgotten');
});
