import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallsInFlight } from '../../../src/kafka/calls-in-flight.ts';
import { MemberOffsets } from '../../../src/kafka/member-offsets.ts';

type Done = (error: unknown, found: readonly object[]) => void;

const place = { topic: 't', partition: 0, offset: 5 };

/** A client whose threads wait until they are let go. */
function scene() {
  const waiting: { readonly timeoutMs: number; readonly done: Done }[] = [];
  const raw = {
    committed: (_: readonly object[], timeoutMs: number, done: Done) => waiting.push({ timeoutMs, done }),
  };
  const calls = new CallsInFlight('KS_KAFKA_RETRIABLE');
  const onWarning = (error: Error): void => assert.fail(error);
  return { offsets: new MemberOffsets({ raw, calls, commitsItself: false, onWarning }), calls, waiting };
}

const isPending = (promise: Promise<unknown>): Promise<boolean> =>
  Promise.race([promise.then(() => false), new Promise<true>((resolve) => setTimeout(resolve, 20, true))]);

test('a thread waits for an answer no longer than it is told to', async () => {
  const { offsets, waiting } = scene();
  const forgotten = offsets.forgotten([place], 1_234.5);
  assert.equal(waiting[0]?.timeoutMs, 1_235);
  waiting[0]?.done(null, [{ ...place, offset: 3 }]);
  assert.deepEqual(await forgotten, [place]);
});

test('whoever closes the client waits for its threads, however they end', async () => {
  const { offsets, calls, waiting } = scene();
  const answers = [
    offsets.haveCommitted([place]).catch(() => undefined),
    offsets.haveCommitted([place]).catch(() => undefined),
  ];
  const ended = calls.end();
  assert.equal(await isPending(ended), true);
  waiting[0]?.done(new Error('Timed out'), []);
  assert.equal(await isPending(ended), true);
  waiting[1]?.done(null, [place]);
  await Promise.all([ended, ...answers]);
  await calls.end();
});

const timedOut = Object.assign(new Error('Timed out'), { code: -185 });

test('a commit asks in short turns, and no longer than it may take', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const warnings: string[] = [];
  const asked: { readonly timeoutMs: number; readonly done: Done }[] = [];
  const raw = {
    commit: () => undefined,
    committed: (_: readonly object[], timeoutMs: number, done: Done) => asked.push({ timeoutMs, done }),
  };
  const onWarning = ({ code }: { code: string }): void => void warnings.push(code);
  const calls = new CallsInFlight('KS_KAFKA_RETRIABLE');
  const offsets = new MemberOffsets({ raw, calls, commitsItself: false, onWarning });
  const commit = offsets.commit([place], 3_000);
  for (let i = 0; i < 5; i++) {
    const { timeoutMs, done } = asked.at(-1) as (typeof asked)[number];
    now += timeoutMs;
    done(timedOut, []);
    await new Promise(setImmediate);
  }
  assert.deepEqual(
    asked.map(({ timeoutMs }) => timeoutMs),
    [2_000, 1_000],
  );
  t.mock.timers.tick(3_000);
  await assert.rejects(commit, { code: 'KS_KAFKA_RETRIABLE' });
  assert.deepEqual(warnings, ['KS_KAFKA_RETRIABLE']);
  await calls.end();
});

test('whoever closes the client waits for one turn of a commit that nobody answers', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const asked: Done[] = [];
  const raw = {
    commit: () => undefined,
    committed: (_: readonly object[], __: number, done: Done) => asked.push(done),
  };
  const calls = new CallsInFlight('KS_KAFKA_RETRIABLE');
  const offsets = new MemberOffsets({ raw, calls, commitsItself: false, onWarning: () => undefined });
  const commit = offsets.commit([place]).catch(({ code }: { code: string }) => code);
  const ended = calls.end();
  asked[0]?.(timedOut, []);
  await ended;
  await assert.rejects(offsets.haveCommitted([place]), { code: 'KS_KAFKA_RETRIABLE' });
  t.mock.timers.tick(15_000);
  assert.equal(await commit, 'KS_KAFKA_RETRIABLE');
  assert.equal(asked.length, 1);
});

test('a question that is refused at once is not asked again and again', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let asked = 0;
  const raw = {
    commit: () => undefined,
    committed: (_: readonly object[], __: number, done: Done) => {
      asked++;
      done(Object.assign(new Error('Broker transport failure'), { code: -195 }), []);
    },
  };
  const calls = new CallsInFlight('KS_KAFKA_RETRIABLE');
  const offsets = new MemberOffsets({ raw, calls, commitsItself: false, onWarning: () => undefined });
  const commit = offsets.commit([place]).catch(({ code }: { code: string }) => code);
  for (let i = 0; i < 10; i++) await new Promise(setImmediate);
  assert.equal(asked, 1);
  t.mock.timers.tick(15_000);
  assert.equal(await commit, 'KS_KAFKA_RETRIABLE');
});
