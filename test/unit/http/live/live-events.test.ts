import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LiveEvents } from '../../../../src/http/live/live-events.ts';
import { notableChecks, notableEvents } from '../../../../src/http/live/notable.ts';
import type { LogEvent } from '../../../../src/log-events.ts';
import { root } from '../../../helpers/paths.ts';

function eventsAt(start = 1_000) {
  const clock = { now: start };
  const events = new LiveEvents(() => clock.now);
  const shown = () => events.list().map(({ at, title, detail, count }) => [at, title, detail, count]);
  return { clock, events, shown };
}

const broker = (ok: boolean) => [
  { name: 'broker', ok, ...(ok ? {} : { reason: 'No broker has answered.' }) },
];

test('what is logged becomes an event if somebody would look for it', () => {
  const { events, shown } = eventsAt();
  events.logged('model_reloaded', { model: 'm', from: 'one', to: 'two', ms: 12 });
  events.logged('dead_letter', { topic: 't', partition: 0, offset: 1 });
  events.logged('config_reloaded', {
    changed: ['kafka.batch_size: 32 -> 64', 'logging.level: "info" -> "debug"'],
  });
  events.logged('consumer_paused', { topic: 't', partition: undefined, paused: 1 });
  assert.deepEqual(shown(), [
    [1_000, 'Model reloaded', 'one → two', 1],
    [1_000, 'Configuration reloaded', 'kafka.batch_size, logging.level', 1],
    [1_000, 'Paused', '1 partition is paused now', 1],
  ]);
});

test('every event has a title of a few words, and says nothing of a field that is missing', () => {
  for (const [name, notable] of Object.entries(notableEvents)) {
    const { events } = eventsAt();
    events.logged(name as LogEvent, {});
    const [event] = events.list();
    assert.ok(notable.title.length > 3 && notable.title.length < 30, name);
    assert.ok(event !== undefined && !event.detail.includes('undefined'), name);
  }
});

test('what happens again within ten seconds is one event, and is told again', () => {
  const { clock, events, shown } = eventsAt();
  for (const partitions of [1, 2, 3]) {
    events.logged('partitions_assigned', { partitions, dropped: 0 });
    events.logged('partitions_revoked', { partitions, dropped: 0 });
    clock.now++;
  }
  assert.deepEqual(shown(), [
    [1_000, 'Partitions assigned', '3 partitions', 3],
    [1_000, 'Partitions revoked', '3 partitions', 3],
  ]);
  assert.deepEqual(events.takeChanged(), events.list());
  assert.deepEqual(events.takeChanged(), []);
  events.logged('partitions_assigned', { partitions: 1, dropped: 0 });
  assert.deepEqual(
    events.takeChanged().map(({ at, count, detail }) => [at, count, detail]),
    [[1_000, 4, '1 partition']],
  );
  clock.now += 10;
  events.logged('partitions_assigned', { partitions: 5, dropped: 0 });
  assert.deepEqual(shown().at(-1), [1_013, 'Partitions assigned', '5 partitions', 1]);
});

test('a rebalance that moves no partition is no event, and takes no detail from one that does', () => {
  const { events, shown } = eventsAt();
  for (const partitions of [0, 4, 0]) events.logged('partitions_assigned', { partitions, dropped: 0 });
  events.logged('partitions_revoked', { partitions: 0, dropped: 0 });
  assert.deepEqual(shown(), [[1_000, 'Partitions assigned', '4 partitions', 1]]);
});

test('a check that fails is an event once, and so is that it is well again', () => {
  const { clock, events, shown } = eventsAt();
  events.look(broker(true));
  for (const ok of [false, false, true, true, false]) {
    clock.now += 20;
    events.look(broker(ok));
  }
  assert.deepEqual(shown(), [
    [1_020, 'Broker lost', 'No broker has answered.', 1],
    [1_060, 'Broker found', '', 1],
    [1_100, 'Broker lost', 'No broker has answered.', 1],
  ]);
  events.look([{ name: 'unheard-of', ok: false, reason: 'No.' }]);
  assert.equal(events.list().length, 3);
});

test('the checks are those that the service has', () => {
  const monitor = readFileSync(join(root, 'src/service/monitor.ts'), 'utf8');
  const names = [...monitor.matchAll(/check\(\s*'(\w+)'/g)].map(([, name]) => name);
  assert.deepEqual(
    Object.keys(notableChecks).filter((name) => !names.includes(name)),
    [],
  );
});

test('two hundred are kept, of the last hour, with an end to their length', () => {
  const { clock, events } = eventsAt();
  for (let i = 0; i < 300; i++) {
    events.logged('model_refused', { reason: 'x'.repeat(10_000) });
    clock.now += 11;
  }
  assert.equal(events.list().length, 200);
  assert.equal(events.takeChanged().length, 200);
  assert.ok(events.list().every(({ detail }) => detail.length === 300));
  assert.equal(events.list()[0]?.at, 1_000 + 100 * 11);
  clock.now += 3_590;
  assert.ok(events.list().length < 3);
});

test('an event in the future was stamped by a wrong clock', () => {
  const { clock, events, shown } = eventsAt(9_000);
  events.logged('service_started', {});
  clock.now = 100;
  events.logged('service_draining', { inflight: 3 });
  assert.deepEqual(shown(), [[100, 'Stopping', '3 messages in flight', 1]]);
});

test('after the clock was put back, an event of before does not come back when its time has come', () => {
  const { clock, events, shown } = eventsAt(9_000);
  events.logged('service_started', {});
  clock.now = 8_400;
  assert.deepEqual(shown(), []);
  clock.now = 9_100;
  assert.deepEqual(shown(), []);
});
