import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RateLimiter } from '../../../../src/http/access/rate-limiter.ts';

/** A rate limiter with a clock in milliseconds that the test advances. */
function limiter(perSecond: number) {
  let now = 0;
  const subject = new RateLimiter({ perSecond, now: () => now });
  return {
    advance: (ms: number) => {
      now += ms;
    },
    /** How many of `times` requests are allowed. */
    allowed: (address: string, times: number, cost = 1, bodyBytes = 0) =>
      Array.from({ length: times }, () => subject.tryTake(address, cost, bodyBytes)).filter(Boolean).length,
  };
}

test('allows a burst of two seconds, then the sustained rate', () => {
  const { allowed, advance } = limiter(10);
  assert.equal(allowed('a', 100), 20);
  advance(500);
  assert.equal(allowed('a', 100), 5);
  advance(60_000);
  assert.equal(allowed('a', 100), 20, 'the bucket does not overflow');
});

test('each address has its own bucket', () => {
  const { allowed } = limiter(10);
  assert.equal(allowed('10.0.0.1', 100), 20);
  assert.equal(allowed('10.0.0.2', 100), 20);
});

test('IPv4 shares a bucket across notations, an IPv6 network across its hosts', () => {
  const { allowed } = limiter(10);
  allowed('10.0.0.1', 20);
  assert.equal(allowed('::ffff:10.0.0.1', 1), 0);
  allowed('2001:db8:1:2::1', 20);
  assert.equal(allowed('2001:db8:1:2::ffff', 1), 0);
  assert.equal(allowed('2001:db8:1:3::1', 1), 1);
});

test('expensive requests and long bodies cost more, and a full bucket still allows any single one', () => {
  const { allowed, advance } = limiter(10);
  assert.equal(allowed('a', 100, 5), 4);
  advance(10_000);
  assert.equal(allowed('a', 100, 1, 16 * 1024), 4);
  advance(10_000);
  assert.equal(allowed('a', 100, 1, 1024 * 1024), 1);
});

test('a price above the burst is capped at it, and what was paid before is part of it', () => {
  const subject = new RateLimiter({ perSecond: 10, now: () => 0 });
  assert.ok(subject.tryTake('a', 1));
  assert.ok(!subject.tryTake('a', 40));
  assert.ok(subject.tryTake('a', 40, 0, 1));
  assert.ok(!subject.tryTake('a', 1));
  assert.ok(subject.tryTake('b', 40));
});

test('the number of buckets is bounded', () => {
  const { allowed } = limiter(1);
  allowed('first', 2);
  assert.equal(allowed('first', 1), 0);
  for (let i = 0; i < 1_024; i++) allowed(`10.1.${i >> 8}.${i & 255}`, 1);
  assert.equal(allowed('first', 1), 1, 'its bucket was evicted');
});
