import assert from 'node:assert/strict';
import { test } from 'node:test';
import { AlwaysOffSampler } from '@opentelemetry/sdk-trace-base';
import { PollSpans } from '../../../src/tracing/poll-spans.ts';
import { idOf, spanMemory } from '../../helpers/spans.ts';

const span = '00f067aa0ba902b7';
const surroundings = { consumerGroup: 'group', server: undefined };

function scene(memory = spanMemory()) {
  const measured: number[] = [];
  const polls = new PollSpans({
    ...{ tracer: memory.tracer, isSampled: () => true, surroundings },
    onEnd: (ms) => measured.push(ms),
  });
  const note = (topics: readonly string[], startedAt = performance.now(), isMeasured = true): number => {
    const messages = topics.map((topic, offset) => ({
      ...{ topic, partition: 0, offset, value: null, size: 0 },
      headers: [{ traceparent: `00-${String(offset + 1).padStart(32, '0')}-${span}-01` }],
    }));
    polls.note(messages, startedAt, isMeasured);
    return performance.now();
  };
  return { ...memory, polls, measured, note };
}

test('a poll is as long as it took, and is not named after one topic if it brought those of several', () => {
  const { spans, note } = scene();
  const startedAt = performance.now() - 50;
  note(['a', 'a'], startedAt);
  note(['a', 'b']);
  const [one, several] = spans('poll');
  assert.deepEqual([one?.name, several?.name], ['poll a', 'poll']);
  assert.equal(several?.attributes['messaging.destination.name'], undefined);
  const [s = 0, ns = 0] = one?.duration ?? [];
  assert.ok(s * 1_000 + ns / 1e6 >= 50);
  assert.equal(one?.links.length, 2);
});

test('messages are linked to the poll that brought them, not to those before and after', () => {
  const { polls, spans, note } = scene();
  const before = performance.now() - 1;
  const takenAt = [note(['a']), note(['a']), note(['a'])];
  assert.equal(polls.takenAt(before), undefined);
  assert.deepEqual(
    takenAt.map((at) => polls.takenAt(at)?.spanId),
    spans('poll').map(idOf),
  );
});

test('a poll without a span belongs to no message', () => {
  const off = scene(spanMemory(new AlwaysOffSampler()));
  assert.equal(off.polls.takenAt(off.note(['a'])), undefined);
  assert.deepEqual(off.measured, []);
});

test('only so many are remembered, and a poll that waited is no exemplar', () => {
  const { polls, measured, note } = scene();
  const first = note(['a']);
  for (let i = 0; i < 300; i++) note(['a'], undefined, false);
  assert.equal(polls.takenAt(first), undefined);
  assert.equal(measured.length, 1);
});
