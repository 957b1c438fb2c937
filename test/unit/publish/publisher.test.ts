import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type ErrorCode, KubesentimentError } from '../../../src/errors.ts';
import { gate } from '../../helpers/gate.ts';
import { Rig } from './publisher-rig.ts';

/** Of two messages, the second finished when the first was committed. */
async function msBetweenCommits(rig: Rig): Promise<number> {
  rig.start();
  rig.finish(rig.take(0, 1));
  await rig.committed(0);
  const firstAt = performance.now();
  rig.finish(rig.take(0, 2));
  await rig.committed(0);
  return performance.now() - firstAt;
}

const error = (code: ErrorCode) => new KubesentimentError(code, 'On purpose.');

test('what is finished leaves together, up to the first message that is not', async (t) => {
  const rig = new Rig(t);
  const [a, b, c, d] = [rig.take(0, 10), rig.take(0, 11), rig.take(0, 12), rig.take(1, 7)];
  rig.finish(a, c, d);
  rig.start();
  await rig.committed(2);
  assert.deepEqual(rig.events, ['produce 0/10', 'produce 1/7', 'offsets 0:11 1:8', 'committed 2']);
  rig.finish(b);
  await rig.committed(0);
  assert.deepEqual(rig.events.slice(4), ['produce 0/11', 'produce 0/12', 'offsets 0:13', 'committed 2']);
});

test('the broker is left alone for a while after a cycle, also by a lone message', async (t) => {
  const restMs = 30;
  const rig = new Rig(t, { restMs });
  assert.ok((await msBetweenCommits(rig)) > restMs / 2);
});

for (const spaces of [
  { what: 'the interval', begin: { intervalMs: 3_600_000 }, end: { intervalMs: 0 } },
  { what: 'the pause', begin: { pauseAfterMs: 3_600_000 }, end: { pauseAfterMs: 0 } },
]) {
  test(`${spaces.what} spaces transactions while more results are on their way, as long as it lasts`, async (t) => {
    const rig = new Rig(t, { intervalMs: 0 });
    rig.start();
    rig.finish(rig.take(0, 1));
    await rig.committed(0);
    Object.assign(rig.pace, spaces.begin);
    rig.finish(rig.take(0, 2));
    const { asked } = rig.pace;
    await rig.until(() => rig.pace.asked >= asked + 3);
    assert.equal(rig.table.usedCount, 1, 'the second still waits');
    Object.assign(rig.pace, spaces.end);
    await rig.committed(0);
    assert.equal(rig.events.filter((event) => event.startsWith('committed')).length, 2);
  });
}

test('the pause depends on how long the last transaction took', async (t) => {
  const finishMs = 25;
  const rig = new Rig(t, { intervalMs: 0, finishMs });
  await msBetweenCommits(rig);
  assert.ok(rig.pace.tookMs >= finishMs - 2, `${rig.pace.tookMs}`);
});

test('stopping ends the wait for more results', async (t) => {
  const rig = new Rig(t, { intervalMs: 0 });
  rig.start();
  rig.finish(rig.take(0, 1));
  await rig.committed(0);
  rig.pace.intervalMs = 3_600_000;
  rig.finish(rig.take(0, 2));
  const { asked } = rig.pace;
  await rig.until(() => rig.pace.asked > asked);
  await rig.publisher.stop();
  assert.equal(rig.table.usedCount, 0);
});

test('a transaction takes no more than its limit', async (t) => {
  const rig = new Rig(t, { messagesMax: 3 });
  rig.finish(...[0, 1, 2, 3].map((offset) => rig.take(0, offset)), rig.take(1, 0));
  rig.start();
  await rig.committed(0);
  const offsets = rig.events.filter((event) => event.startsWith('offsets'));
  assert.deepEqual(offsets, ['offsets 0:3', 'offsets 0:4 1:1']);
});

test('a cycle that fails is undone, and its messages leave with the next', async (t) => {
  const rig = new Rig(t, { finishError: (n) => (n <= 2 ? error('KS_KAFKA_ABORTABLE') : undefined) });
  rig.finish(rig.take(0, 0));
  rig.start();
  await rig.until(() => rig.publisher.failures === 2);
  await rig.committed(0);
  assert.equal(rig.publisher.failures, 0);
  assert.deepEqual(rig.events, [
    ...['produce 0/0', 'undo', 'failure 1 KS_KAFKA_ABORTABLE'],
    ...['produce 0/0', 'undo', 'failure 2 KS_KAFKA_ABORTABLE'],
    ...['produce 0/0', 'offsets 0:1', 'committed 1'],
  ]);
});

test('a cycle that could not begin has nothing to undo', async (t) => {
  const rig = new Rig(t, { beginError: (n) => (n === 1 ? error('KS_KAFKA_ABORTABLE') : undefined) });
  rig.finish(rig.take(0, 0));
  rig.start();
  await rig.committed(0);
  assert.deepEqual(rig.events, ['failure 1 KS_KAFKA_ABORTABLE', 'produce 0/0', 'offsets 0:1', 'committed 1']);
});

test('a full queue is tried again until it takes the record', async (t) => {
  let refusals = 5;
  const rig = new Rig(t, { isFull: () => refusals-- > 0 });
  rig.finish(rig.take(0, 0));
  rig.start();
  await rig.committed(0);
  assert.equal(rig.events[0], 'produce 0/0');
  assert.ok(refusals < 0);
});

test('the delivery is told what has become of each partition in the middle of a cycle', async (t) => {
  const rig: Rig = new Rig(t, {
    meanwhile: () => {
      rig.ledgers[0]?.lose();
      rig.ledgers[1]?.giveBack();
    },
  });
  rig.finish(rig.take(0, 0), rig.take(1, 0));
  rig.start();
  await rig.committed(0);
  assert.deepEqual(rig.states, ['lost', 'draining']);
});

test('a commit that is late holds up its own consumer, and nobody else', async (t) => {
  const commit = gate();
  const rig = new Rig(t, { lateCommit: () => commit.promise });
  rig.finish(rig.take(0, 0), rig.take(1, 0));
  rig.start();
  await rig.committed(1);
  rig.finish(rig.take(1, 1), rig.take(0, 1));
  await rig.until(() => rig.events.length === 7);
  assert.deepEqual(rig.events, [
    ...['produce 0/0', 'produce 1/0', 'offsets 0:1 1:1', 'committed 1'],
    ...['produce 0/1', 'offsets 0:2', 'committed 1'],
  ]);
  assert.equal(rig.ledgers[1]?.inTransaction, true);
  commit.resolve();
  await rig.committed(0);
  assert.deepEqual(rig.events.slice(7), ['committed 1', 'produce 1/1', 'offsets 1:2', 'committed 1']);
});

test('a late commit that fails is told as a failure, and a fatal one ends the publisher', async (t) => {
  const seen = gate();
  let attempts = 0;
  const rig = new Rig(t, {
    lateCommit: async () => {
      if (++attempts === 1) throw error('KS_KAFKA_RETRIABLE');
      await seen.promise;
      throw error('KS_KAFKA_FATAL');
    },
  });
  rig.finish(rig.take(1, 0));
  rig.start();
  await rig.until(() => attempts === 2);
  assert.equal(rig.publisher.failures, 1);
  assert.equal(rig.publisher.lastFailure?.code, 'KS_KAFKA_RETRIABLE');
  seen.resolve();
  await rig.until(() => rig.fatal.length > 0);
  assert.deepEqual(
    (rig.fatal as KubesentimentError[]).map(({ code }) => code),
    ['KS_KAFKA_FATAL'],
  );
  assert.equal(rig.ledgers[1]?.inTransaction, false);
});

test('stop waits for commits that are late', async (t) => {
  const commit = gate();
  const rig = new Rig(t, { lateCommit: () => commit.promise });
  rig.finish(rig.take(1, 0));
  rig.start();
  await rig.until(() => rig.events.length === 2);
  const stopped = rig.publisher.stop();
  commit.resolve();
  await stopped;
  assert.equal(rig.table.usedCount, 0);
});

for (const [name, thrown] of [
  ['the broker calls fatal', error('KS_KAFKA_FATAL')],
  ['tells of another process with our transactional id', error('KS_PRODUCER_FENCED')],
  ['is a bug', error('KS_INTERNAL')],
  ['nobody foresaw', new TypeError('x is not a function')],
] as const) {
  test(`an error that ${name} ends the publisher, and the partitions can be given back`, async (t) => {
    const rig = new Rig(t, { finishError: () => thrown });
    rig.finish(rig.take(0, 0));
    rig.start();
    await rig.until(() => rig.fatal.length > 0);
    assert.deepEqual(rig.fatal, [thrown]);
    assert.deepEqual(rig.events, ['produce 0/0']);
    assert.equal(rig.ledgers[0]?.inTransaction, false);
  });
}

for (const code of ['KS_NOT_AUTHORIZED', 'KS_TOPIC_MISSING', 'KS_RECORD_TOO_LARGE'] as const) {
  test(`a topic that does not take records is waited for: ${code}`, async (t) => {
    const rig = new Rig(t, { finishError: (n) => (n <= 3 ? error(code) : undefined) });
    rig.finish(rig.take(0, 0));
    rig.start();
    await rig.until(() => rig.publisher.failures === 3);
    assert.equal(rig.publisher.lastFailure?.code, code);
    await rig.committed(0);
    assert.equal(rig.publisher.lastFailure, undefined);
    assert.deepEqual(rig.fatal, []);
    assert.equal(rig.events.filter((event) => event.startsWith('committed')).length, 1);
  });
}

test('an undo that fails is tried until it works, before anything else', async (t) => {
  const rig = new Rig(t, {
    finishError: (n) => (n === 1 ? error('KS_PRODUCER_EXPIRED') : undefined),
    undoError: (n) => (n <= 2 ? error('KS_BROKER_UNREACHABLE') : undefined),
  });
  rig.finish(rig.take(0, 0));
  rig.start();
  await rig.committed(0);
  assert.deepEqual(rig.events, [
    ...['produce 0/0', 'undo', 'failure 1 KS_BROKER_UNREACHABLE', 'undo', 'failure 2 KS_BROKER_UNREACHABLE'],
    ...['undo', 'failure 3 KS_PRODUCER_EXPIRED', 'produce 0/0', 'offsets 0:1', 'committed 1'],
  ]);
});

test('a producer that has expired before the cycle began is undone too', async (t) => {
  const rig = new Rig(t, { beginError: (n) => (n === 1 ? error('KS_PRODUCER_EXPIRED') : undefined) });
  rig.finish(rig.take(0, 0));
  rig.start();
  await rig.committed(0);
  assert.deepEqual(rig.events.slice(0, 2), ['undo', 'failure 1 KS_PRODUCER_EXPIRED']);
});

test('a cycle that is through after all is not repeated', async (t) => {
  const rig = new Rig(t, {
    finishError: (n) => (n === 1 ? error('KS_PRODUCER_EXPIRED') : undefined),
    isThroughAfterAll: true,
  });
  rig.finish(rig.take(0, 0));
  rig.start();
  await rig.committed(0);
  assert.deepEqual(rig.events, ['produce 0/0', 'undo', 'committed 1']);
  assert.equal(rig.publisher.failures, 0);
});

test('a stop does not wait for an undo that never works', async (t) => {
  const rig = new Rig(t, {
    finishError: () => error('KS_KAFKA_ABORTABLE'),
    undoError: () => error('KS_BROKER_UNREACHABLE'),
  });
  rig.finish(rig.take(0, 0));
  rig.start();
  await rig.until(() => rig.publisher.failures > 0);
  await rig.publisher.stop();
  assert.deepEqual(rig.fatal, []);
  assert.equal(rig.ledgers[0]?.inTransaction, false);
});

test('stop ends the running cycle and begins no other', async (t) => {
  const rig: Rig = new Rig(t, { meanwhile: () => rig.finish(late) });
  const late = rig.take(1, 0);
  rig.finish(rig.take(0, 0));
  rig.start();
  await rig.publisher.stop();
  assert.deepEqual(rig.events, ['produce 0/0', 'offsets 0:1', 'committed 1']);
  assert.equal(rig.table.usedCount, 1);
});
