import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LagWatch, nothingHeldBack, type PartitionPosition } from '../../src/lag.ts';

/** A watch with a clock of its own, and what it says of one partition at a time. */
class Scene {
  now = 0;
  readonly watch = new LagWatch(() => this.now);

  at(seconds: number, more: Partial<PartitionPosition>): string {
    this.now = seconds * 1_000;
    return this.watch.judge([position(more)])[0]?.status ?? 'missing';
  }
}

function position(more: Partial<PartitionPosition> = {}): PartitionPosition {
  return {
    topic: 't',
    partition: 0,
    committedOffset: 100,
    endOffset: 200,
    messages: 100,
    ...nothingHeldBack,
    seconds: 60,
    ...more,
  };
}

test('nothing waits, or not for long: ok, even if the group has not moved for an hour', () => {
  const scene = new Scene();
  for (const at of [0, 5, 3_600]) {
    assert.equal(scene.at(at, { messages: 0, ...nothingHeldBack, seconds: 0 }), 'ok');
  }
  assert.equal(scene.at(3_601, { seconds: 9.9 }), 'ok');
});

test('what has waited long is behind, as long as the offset moves', () => {
  const scene = new Scene();
  assert.equal(scene.at(0, {}), 'behind', 'one look cannot tell that it stands still');
  for (let i = 1; i < 10; i++) assert.equal(scene.at(9 * i, { committedOffset: 100 + i }), 'behind');
});

test('an offset that has not moved for ten seconds is stalled, until it moves', () => {
  const scene = new Scene();
  assert.equal(scene.at(0, {}), 'behind');
  assert.equal(scene.at(9.9, {}), 'behind');
  assert.equal(scene.at(10, {}), 'stalled');
  assert.equal(scene.at(500, {}), 'stalled');
  assert.equal(scene.at(501, { committedOffset: 101 }), 'behind');
  assert.equal(scene.at(511, { committedOffset: 101 }), 'stalled');
});

test('a group that has never committed, and messages whose age is not known, are judged alike', () => {
  const scene = new Scene();
  const unknown = { committedOffset: null, seconds: null };
  assert.equal(scene.at(0, unknown), 'behind');
  assert.equal(scene.at(10, unknown), 'stalled');
  assert.equal(scene.at(11, { ...unknown, committedOffset: 0 }), 'behind', 'the first commit is a move');
});

test('time without anything to do does not count: old messages that have just come are behind', () => {
  const scene = new Scene();
  scene.at(0, { messages: 0, ...nothingHeldBack, seconds: 0 });
  scene.at(3_600, { messages: 0, ...nothingHeldBack, seconds: 0 });
  assert.equal(scene.at(3_601, { seconds: 86_400 }), 'behind');
});

test('a partition that was away is judged anew', () => {
  const scene = new Scene();
  scene.at(0, {});
  scene.watch.judge([]);
  assert.equal(scene.at(60, {}), 'behind');
});

test('partitions are told apart by topic and number', () => {
  let now = 0;
  const watch = new LagWatch(() => now);
  const three = (moved: number) => [
    position({ committedOffset: moved }),
    position({ partition: 1 }),
    position({ topic: 'u', committedOffset: moved }),
  ];
  watch.judge(three(1));
  now = 10_000;
  assert.deepEqual(
    watch.judge(three(2)).map(({ status }) => status),
    ['behind', 'stalled', 'behind'],
  );
});

test('another look is worth it only where a partition is behind and has not been seen to move', () => {
  let now = 0;
  const watch = new LagWatch(() => now);
  const undecided = (...positions: PartitionPosition[]) => watch.isUndecided(watch.judge(positions));
  assert.equal(undecided(position({ messages: 0 }), position({ partition: 1, seconds: 1 })), false);
  assert.equal(undecided(position()), true);
  now = 2_000;
  assert.equal(undecided(position()), true);
  assert.equal(undecided(position({ committedOffset: 101 })), false, 'it moves');
  assert.equal(undecided(position({ partition: 2 })), true);
  now = 20_000;
  assert.equal(undecided(position({ partition: 2 })), false, 'it is stalled');
});

test('records behind an open transaction block after ten seconds, by their age or as long as they are seen', () => {
  const scene = new Scene();
  const caughtUp = { messages: 0, seconds: 0, heldBack: 5 };
  assert.equal(scene.at(0, { ...caughtUp, heldBackSeconds: 9 }), 'ok', 'a transaction at work');
  assert.equal(scene.at(1, { ...caughtUp, heldBackSeconds: 10 }), 'blocked');
  assert.equal(scene.at(2, { heldBack: 5, heldBackSeconds: 60 }), 'blocked', 'more than behind');
  assert.equal(scene.at(13, { heldBack: 5, heldBackSeconds: 60 }), 'stalled', 'what can be read is not');
  const unknown = new Scene();
  const ofUnknownAge = { ...caughtUp, heldBackSeconds: null };
  assert.equal(unknown.at(0, ofUnknownAge), 'ok');
  assert.equal(unknown.at(9, ofUnknownAge), 'ok');
  assert.equal(unknown.at(10, ofUnknownAge), 'blocked');
  assert.equal(unknown.at(11, { ...ofUnknownAge, endOffset: 201 }), 'ok', 'another transaction');
});
