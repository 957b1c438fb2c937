import assert from 'node:assert/strict';
import { test } from 'node:test';
import { moveOf, readReport } from '../../../src/kafka/log-move.ts';

const range = (low: number, high: number, topicId?: string) => ({ low, high, topicId });
const from = (offset: number) => ({ from: offset, isRecreated: false });
const same = { topicId: 'a', next: 50 };

test('what librdkafka says of a reset is read, and nothing else', () => {
  const outOfRange =
    '[thrd:main]: re.quests-1 [3]: offset reset (at offset 120 (leader epoch 7), broker 1) to BEGINNING: fetch failed';
  assert.deepEqual(readReport(outOfRange), {
    ...{ topic: 're.quests-1', partition: 3 },
    report: { from: 120, cutAt: undefined, isRecreated: false },
  });
  const recreated =
    '[thrd:main]: t [0]: offset reset (at offset 9 (leader epoch 0)) to BEGINNING: topic was created again';
  assert.deepEqual(readReport(recreated)?.report, { from: 9, cutAt: undefined, isRecreated: true });
  const cut = '[thrd:main]: t [0]: offset reset (at offset 9 (leader epoch 2)) to 4: log truncation';
  assert.deepEqual(readReport(cut)?.report, { from: 9, cutAt: 4, isRecreated: false });
  for (const other of ['t [0]: offset reset (at offset INVALID', 'offset reset', ''])
    assert.equal(readReport(other), undefined);
});

test('another id is another topic, whatever its ends', () => {
  for (const high of [10, 90]) {
    const move = moveOf({ ...same, range: range(0, high, 'b'), report: undefined });
    assert.deepEqual(move, { from: 50, to: 0, reason: 'topic_recreated' });
  }
});

test('records that come again from the same log are passed by', () => {
  assert.equal(moveOf({ ...same, range: range(0, 90, 'a'), report: undefined }), undefined);
});

test('where nobody knows ids, records that come again are those of another log', () => {
  const move = moveOf({ topicId: undefined, next: 50, range: range(3, 90), report: undefined });
  assert.deepEqual(move, { from: 50, to: 3, reason: 'log_shorter' });
});

test('an offset before the oldest record was deleted before it was read; one behind the end is gone', () => {
  assert.deepEqual(moveOf({ ...same, range: range(80, 90, 'a'), report: from(60) }), {
    ...{ from: 60, to: 80, reason: 'trimmed' },
  });
  for (const high of [20, 90])
    assert.equal(moveOf({ ...same, range: range(3, high, 'a'), report: from(60) })?.reason, 'log_shorter');
});

test('a log that was cut off is read from there', () => {
  const report = { from: 60, cutAt: 40, isRecreated: false };
  assert.deepEqual(moveOf({ ...same, range: range(3, 45, 'a'), report }), {
    ...{ from: 50, to: 40, reason: 'log_shorter' },
  });
});
