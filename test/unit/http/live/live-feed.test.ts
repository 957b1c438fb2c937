import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { EventStream } from '../../../../src/http/live/event-stream.ts';
import { LiveFeed } from '../../../../src/http/live/live-feed.ts';
import { createLogger } from '../../../../src/log.ts';
import type { RecentDeadLetter } from '../../../../src/types.ts';
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

function createFeed(overrides: Parameters<typeof fakeView>[0] = {}) {
  const sent: string[] = [];
  const stream = { subscribers: 1, send: (frame: string) => sent.push(frame), close: () => undefined };
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

test('a sample is only sent to subscribers, but always kept for later ones', () => {
  const { view, stream, sent, feed } = createFeed();
  stream.subscribers = 0;
  view.counters.processing.record(10, 5);
  feed.sample();
  assert.deepEqual(sent, []);
  stream.subscribers = 1;
  feed.sample();
  const [{ event, data }] = eventsOf(sent.join('')) as [{ event: string; data: Any }];
  assert.equal(event, 'sample');
  assert.equal(data.state, 'running');
  assert.equal(data.stages.length, 6);
  const [hello, letters] = eventsOf(feed.firstEvents()) as [
    { event: string; data: Any },
    { event: string; data: Any },
  ];
  assert.equal(hello.event, 'hello');
  const { samples } = JSON.parse(feed.historyBody());
  assert.equal(samples.at.length, 2);
  assert.ok(samples.processingP50[0] > 9);
  assert.equal(samples.endToEndP50[0], null, 'nothing was measured');
  assert.deepEqual([letters.event, letters.data], ['dead-letters', []]);
});

test('the beginning is sent again when the model is another one', () => {
  const { view, sent, feed } = createFeed();
  feed.sample();
  Object.assign(view.build, { modelVersion: 'another' });
  feed.sample();
  feed.sample();
  const events = eventsOf(sent.join(''));
  assert.deepEqual(
    events.map(({ event }) => event).filter((event) => event !== 'dead-letters'),
    ['sample', 'hello', 'sample', 'sample'],
  );
  assert.equal(events.find(({ event }) => event === 'hello')?.data.build.modelVersion, 'another');
});

test('what is logged is sent with the next sample, once, and not after the end', (t) => {
  const logger = createLogger({ level: 'silent', format: 'json' });
  const sent: string[] = [];
  const stream = { subscribers: 1, send: (frame: string) => sent.push(frame), close: () => undefined };
  const feed = new LiveFeed(fakeView(), stream as unknown as EventStream, logger);
  t.after(() => feed.stop());
  feed.start();
  logger.info('config_reloaded', { changed: [] });
  feed.sample();
  feed.sample();
  const marks = eventsOf(sent.join('')).filter(({ event }) => event === 'marks');
  assert.deepEqual(
    marks.map(({ data }) => data.map(({ title }: { title: string }) => title)),
    [['Configuration reloaded']],
  );
  feed.stop();
  logger.error('service_failed', { code: 'KS_INTERNAL' });
  feed.sample();
  assert.equal(JSON.parse(feed.historyBody()).events.length, 1);
});

test('dead letters are sent when they change, newest first', () => {
  const recent = new RecentDeadLetters();
  const { sent, feed } = createFeed({ recentDeadLetters: () => recent.newestFirst() });
  feed.sample();
  sent.length = 0;
  feed.sample();
  assert.ok(!sent.join('').includes('dead-letters'));
  for (let offset = 0; offset < 500; offset++) recent.add({ ...letter, offset });
  feed.sample();
  const found = eventsOf(sent.join('')).find(({ event }) => event === 'dead-letters')?.data;
  assert.equal(found.length, 50);
  assert.deepEqual([found[0].offset, found[49].offset], [499, 450]);
});

test('of very many partitions only the ones furthest behind are sent', () => {
  const { view } = createFeed();
  const partitions = Array.from({ length: 1_000 }, (_, partition) => ({
    topic: 't',
    partition,
    lagMessages: partition,
    heldBack: 0,
    holder: null,
    lagSeconds: 0,
    status: 'ok' as const,
    paused: false,
  }));
  const { sent, feed } = createFeed({ details: () => ({ ...view.details(), partitions }) });
  feed.sample();
  const [{ data }] = eventsOf(sent.join('')) as unknown as [{ data: Any }];
  assert.equal(data.lag.partitions, 1_000);
  assert.equal(data.partitions.length, 100);
  assert.equal(data.partitions[0].partition, 900);
});
