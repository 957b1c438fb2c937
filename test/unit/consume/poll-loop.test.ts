/** When a consumer is polled, and when it is left alone. */
import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ConsumerClient } from '../../../src/clients.ts';
import type { OffsetLedger } from '../../../src/consume/offset-ledger.ts';
import { PollLoop } from '../../../src/consume/poll-loop.ts';
import { Signal } from '../../../src/signal.ts';
import type { SourceMessage, TopicPartition } from '../../../src/types.ts';

const held = [{ topic: 't', partition: 0 }] as unknown as OffsetLedger[];
const message = { topic: 't', partition: 0, offset: 0, value: null, size: 0 } satisfies SourceMessage;

function rig(t: TestContext) {
  const clock = { skewMs: 0 };
  const now = performance.now.bind(performance);
  t.mock.method(performance, 'now', () => now() + clock.skewMs);
  const room = new Signal();
  const state = { room: 0, waiting: 0, isHanging: false, isOver: false };
  const events: string[] = [];
  const names = (partitions: readonly TopicPartition[]): string =>
    partitions.map(({ topic, partition }) => `${topic}/${partition}`).join(' ');
  const consumer = {
    index: 0,
    poll: async (max: number, waitMs?: number) => {
      events.push(waitMs === undefined ? `poll ${max}` : `wait for ${max}`);
      if (waitMs !== undefined) while (state.waiting === 0 && !state.isOver) await sleep(1);
      const count = Math.min(max, state.waiting);
      state.waiting -= count;
      while (state.isHanging) await sleep(1);
      return { messages: Array.from({ length: count }, () => message), ends: [] };
    },
    pause: (partitions: readonly TopicPartition[]) => events.push(`pause ${names(partitions)}`),
    resume: (partitions: readonly TopicPartition[]) => events.push(`resume ${names(partitions)}`),
  } as unknown as ConsumerClient;
  const errors: unknown[] = [];
  const loop = new PollLoop({
    consumer,
    room,
    budget: {
      reserve: (serving) => (state.room > 0 ? state.room : serving && state.room === 0 ? 1 : 0),
      take: (_, { messages }, reserved) => events.push(`take ${messages.length} of ${reserved}`),
    },
    assignments: {
      of: () => held,
      holdsAny: () => true,
    },
    durations: { record: () => events.push('measured') },
  });
  const until = async (what: string): Promise<void> => {
    while (!events.includes(what)) await sleep(1);
  };
  t.after(async () => {
    state.isOver = true;
    await loop.end();
    assert.deepEqual(errors, []);
  });
  const start = (takes = true): void => loop.start((error) => errors.push(error), takes);
  return { loop, room, state, clock, events, until, start };
}

const NO_PLACE = -1;
const isTake = (event: string): boolean => event.startsWith('take');

test('as much is polled as there is room for, again at once while polls are full', async (t) => {
  const { state, events, start, until } = rig(t);
  Object.assign(state, { room: 10, waiting: 25 });
  start();
  await until('take 5 of 10');
  const full = ['poll 10', 'measured', 'take 10 of 10'];
  assert.deepEqual(events.slice(0, 9), [...full, ...full, 'poll 10', 'measured', 'take 5 of 10']);
});

test('on a quiet topic a poll waits for one message, and reserves no more; the wait is not measured', async (t) => {
  const { state, events, start, until } = rig(t);
  state.room = 10;
  start();
  await until('wait for 1');
  const waiting = events.slice();
  state.waiting = 3;
  await until('take 2 of 10');
  assert.equal(waiting.at(-2), 'take 0 of 9', 'the other places are for other consumers');
  assert.ok(!waiting.includes('measured'));
  const after = events.slice(waiting.length, events.indexOf('take 2 of 10') + 1);
  assert.deepEqual(after, ['take 1 of 1', 'poll 10', 'measured', 'take 2 of 10']);
});

test('a long wait on a quiet topic is no stall: without room after it, nothing is paused', async (t) => {
  const { state, clock, room, events, start, until } = rig(t);
  state.room = 10;
  start();
  await until('wait for 1');
  clock.skewMs += 3_000;
  Object.assign(state, { room: NO_PLACE, waiting: 1 });
  await until('take 1 of 1');
  await sleep(20); // it has looked for room by then
  Object.assign(state, { room: 4, waiting: 4 });
  room.notify();
  await until('take 4 of 4');
  assert.ok(!events.includes('pause t/0'));
});

test('without room only single messages are polled, so that rebalances are served', async (t) => {
  const { state, events, start, until } = rig(t);
  state.waiting = 100;
  start();
  await until('take 1 of 1');
  assert.deepEqual(new Set(events), new Set(['poll 1', 'measured', 'take 1 of 1']));
});

test('new room is used at once', async (t) => {
  const { state, room, events, start, until } = rig(t);
  Object.assign(state, { room: NO_PLACE, waiting: 3 });
  start();
  assert.equal(events.length, 0);
  state.room = 5;
  room.notify();
  await until('take 3 of 5');
  assert.deepEqual(events.slice(0, 3), ['poll 5', 'measured', 'take 3 of 5']);
});

test('a stall that lasts pauses the partitions; with room they are resumed and read again', async (t) => {
  const { state, clock, room, events, start, until } = rig(t);
  state.room = NO_PLACE;
  start();
  assert.ok(!events.includes('pause t/0'));
  clock.skewMs += 3_000;
  await until('pause t/0');
  await until('poll 1');
  assert.ok(!events.includes('resume t/0'));
  Object.assign(state, { room: 4, waiting: 4 });
  room.notify();
  await until('take 4 of 4');
  assert.ok(events.indexOf('resume t/0') < events.indexOf('take 4 of 4'));
});

test('after stopTaking it pauses what it holds and polls on, and nothing is taken', async (t) => {
  const { loop, state, events, start, until } = rig(t);
  state.room = 10;
  start();
  await loop.stopTaking();
  const taken = events.filter(isTake).length;
  state.waiting = 50;
  await until('pause t/0');
  await until('poll 1');
  assert.equal(events.filter(isTake).length, taken);
  assert.equal(loop.silentMs, 0, 'a loop that was told to stop does not hang');
});

test('a loop that is started without taking never takes', async (t) => {
  const { state, events, start, until } = rig(t);
  Object.assign(state, { room: 10, waiting: 10 });
  start(false);
  await until('pause t/0');
  await until('poll 1');
  assert.deepEqual(events.filter(isTake), []);
});

test('a loop whose consumer never answers is noticed', async (t) => {
  const { loop, state, clock, start, until } = rig(t);
  Object.assign(state, { room: 1, isHanging: true });
  start();
  await until('poll 1');
  clock.skewMs += 70_000;
  assert.ok(loop.silentMs >= 70_000);
  state.isHanging = false;
});
