import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventStream } from '../../../../src/http/live/event-stream.ts';
import { LiveFeed } from '../../../../src/http/live/live-feed.ts';
import type { RecentDeadLetter } from '../../../../src/types.ts';
import { WindowedPercentiles } from '../../../../src/http/live/windowed-percentiles.ts';
import { LatencyHistogram } from '../../../../src/metrics/histogram.ts';
import { RecentDeadLetters } from '../../../../src/session/recent-dead-letters.ts';
import { fakeView } from '../fixture.ts';

// biome-ignore lint/suspicious/noExplicitAny: events are what the test is about.
type Any = any;

function eventsOf(frames: string): { event: string; data: Any }[] {
  return frames
    .split('\n\n')
    .filter((frame) => frame !== '')
    .map((frame) => {
      const [, event, data] = /^event: (.*)\ndata: (.*)$/.exec(frame) as RegExpExecArray;
      return { event: event as string, data: JSON.parse(data as string) };
    });
}

function rig(overrides: Parameters<typeof fakeView>[0] = {}) {
  const sent: string[] = [];
  const stream = { followers: 1, send: (frame: string) => sent.push(frame), close: () => undefined };
  const view = fakeView(overrides);
  return { view, stream, sent, feed: new LiveFeed(view, stream as unknown as EventStream) };
}

const letter: RecentDeadLetter = {
  at: 1,
  topic: 't',
  partition: 0,
  offset: 7,
  errorType: 'invalid_json',
  stage: 'decode',
  reason: 'The value is not valid JSON.',
};

test('percentiles are those of the window, not of all time', () => {
  const histogram = new LatencyHistogram();
  histogram.record(1_000, 1_000);
  const window = new WindowedPercentiles(histogram, 2);
  histogram.record(10, 99);
  histogram.record(50, 1);
  const first = window.look();
  assert.equal(first.count, 100);
  assert.ok(Math.abs(first.p50 / 10 - 1) < 0.1, String(first.p50));
  assert.ok(Math.abs(first.mean - 10.4) < 0.01);
  window.look();
  assert.deepEqual(window.look(), { count: 0, mean: 0, p50: 0, p95: 0, p99: 0 }, 'it has gone by');
});

test('a sample is made each second, sent only when somebody follows, and kept for who comes later', () => {
  const { view, stream, sent, feed } = rig();
  stream.followers = 0;
  view.counters.processing.record(10, 5);
  feed.look();
  assert.deepEqual(sent, []);
  stream.followers = 1;
  feed.look();
  const [{ event, data }] = eventsOf(sent.join('')) as [{ event: string; data: Any }];
  assert.equal(event, 'sample');
  assert.equal(data.state, 'running');
  assert.equal(data.stages.length, 6);
  const [hello, letters] = eventsOf(feed.hello()) as [
    { event: string; data: Any },
    { event: string; data: Any },
  ];
  assert.equal(hello.event, 'hello');
  assert.equal(hello.data.history.at.length, 2);
  assert.ok(hello.data.history.processingP50[0] > 9);
  assert.equal(hello.data.history.endToEndP50[0], null, 'nothing was measured');
  assert.deepEqual([letters.event, letters.data], ['dead-letters', []]);
});

test('the history is bounded', () => {
  const { feed } = rig();
  for (let i = 0; i < 400; i++) feed.look();
  const [hello] = eventsOf(feed.hello()) as unknown as [{ data: Any }];
  assert.equal(hello.data.history.at.length, 300);
});

test('dead letters are sent when there are new ones, the newest first, and no more than are kept', () => {
  const recent = new RecentDeadLetters();
  const { sent, feed } = rig({ recentDeadLetters: () => recent.list });
  feed.look();
  sent.length = 0;
  feed.look();
  assert.ok(!sent.join('').includes('dead-letters'));
  for (let offset = 0; offset < 500; offset++) recent.add({ ...letter, offset });
  feed.look();
  const found = eventsOf(sent.join('')).find(({ event }) => event === 'dead-letters')?.data;
  assert.equal(found.length, 50);
  assert.deepEqual([found[0].offset, found[49].offset], [499, 450]);
});

test('of very many partitions the worst are told', () => {
  const { view } = rig();
  const partitions = Array.from({ length: 1_000 }, (_, partition) => ({
    topic: 't',
    partition,
    lagMessages: partition,
    lagSeconds: 0,
    status: 'ok' as const,
  }));
  const { sent, feed } = rig({ details: () => ({ ...view.details(), partitions }) });
  feed.look();
  const [{ data }] = eventsOf(sent.join('')) as unknown as [{ data: Any }];
  assert.equal(data.lag.partitions, 1_000);
  assert.equal(data.partitions.length, 100);
  assert.equal(data.partitions[0].partition, 900);
});
