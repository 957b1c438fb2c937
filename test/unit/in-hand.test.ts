import assert from 'node:assert/strict';
import { test } from 'node:test';
import { InHand, type Told } from '../../src/in-hand.ts';

/** The main thread's side, and that of the watchdog with what it was told. */
function pair() {
  const told: Told[] = [];
  const ours = new InHand((each) => told.push(each));
  const theirs = new InHand(() => undefined, ours.buffer);
  const seen = () => theirs.ranges(told.flatMap((each) => (each.kind === 'topic' ? [each.topic] : [])));
  return { ours, theirs, seen };
}

test('the watchdog sees what is in hand until it is put down', () => {
  const { ours, theirs, seen } = pair();
  assert.equal(theirs.phase, 'none');
  ours.begin('decode');
  ours.add({ topic: 'a', partition: 3 }, 10, 2 ** 50);
  ours.add({ topic: 'b', partition: 0 }, 5, 5);
  ours.add({ topic: 'a', partition: 4 }, 1, 2);
  assert.equal(theirs.phase, 'decode');
  assert.deepEqual(seen(), [
    { topic: 'a', partition: 3, first: 10, last: 2 ** 50 },
    { topic: 'b', partition: 0, first: 5, last: 5 },
    { topic: 'a', partition: 4, first: 1, last: 2 },
  ]);
  ours.begin('publish');
  assert.deepEqual(seen(), []);
  ours.end();
  assert.equal(theirs.phase, 'none');
});

test('more partitions than there is room for are not all known, and nothing else happens', () => {
  const { ours, seen } = pair();
  ours.begin('classify');
  for (let partition = 0; partition < 1_000; partition++) ours.add({ topic: 't', partition }, 0, 1);
  assert.equal(seen().length, 256);
});

test('the watchdog sees the loop turn, and whether a debugger may stop it', () => {
  const { ours, theirs } = pair();
  const before = theirs.beats;
  ours.beat(true);
  assert.equal(theirs.beats, before + 1);
  assert.equal(theirs.isDebugged, true);
  ours.beat(false);
  assert.equal(theirs.isDebugged, false);
});
