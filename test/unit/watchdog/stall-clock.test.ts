import assert from 'node:assert/strict';
import { test } from 'node:test';
import { StallClock } from '../../../src/watchdog/stall-clock.ts';

test('a loop that does not turn has stood still for the time in which the watchdog ran', () => {
  const clock = new StallClock(100, 0);
  assert.equal(clock.tick(1, 100), 0);
  assert.equal(clock.tick(1, 200), 100);
  assert.equal(clock.tick(1, 350), 250);
  assert.equal(clock.tick(2, 400), 0);
});

test('time in which the whole process was stopped does not count', () => {
  const clock = new StallClock(100, 0);
  clock.tick(1, 100);
  assert.equal(clock.tick(1, 3_600_000), 200);
  assert.equal(clock.tick(1, 3_600_100), 300);
});

test('a loop that always turns has never stood still, however slow the ticks are', () => {
  const clock = new StallClock(100, 0);
  for (let beat = 0; beat < 50; beat++) assert.equal(clock.tick(beat, beat * 60_000), 0);
});
