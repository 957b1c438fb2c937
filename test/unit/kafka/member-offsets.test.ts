import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MemberOffsets } from '../../../src/kafka/member-offsets.ts';

type Done = (error: unknown, found: readonly object[]) => void;

const place = { topic: 't', partition: 0, offset: 5 };

/** A client whose threads wait until they are let go. */
function scene() {
  const waiting: { readonly timeoutMs: number; readonly done: Done }[] = [];
  const raw = {
    committed: (_: readonly object[], timeoutMs: number, done: Done) => waiting.push({ timeoutMs, done }),
  };
  const offsets = new MemberOffsets({ raw, commitsItself: false, onWarning: (error) => assert.fail(error) });
  return { offsets, waiting };
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
  const { offsets, waiting } = scene();
  const answers = [
    offsets.haveCommitted([place]).catch(() => undefined),
    offsets.haveCommitted([place]).catch(() => undefined),
  ];
  const ended = offsets.end();
  assert.equal(await isPending(ended), true);
  waiting[0]?.done(new Error('Timed out'), []);
  assert.equal(await isPending(ended), true);
  waiting[1]?.done(null, [place]);
  await Promise.all([ended, ...answers]);
  await offsets.end();
});
