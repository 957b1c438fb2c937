import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallsInFlight } from '../../../src/kafka/calls-in-flight.ts';

const turn = (): Promise<void> => new Promise(setImmediate);

test('whoever closes waits for every call, however it ends', async () => {
  const calls = new CallsInFlight();
  const first = withResolvers<string>();
  const second = withResolvers<string>();
  const answers = [calls.during(() => first.promise), calls.during(() => second.promise).catch(String)];
  let isOver = false;
  const ended = calls.end().then(() => {
    isOver = true;
  });
  first.resolve('answer');
  await turn();
  assert.equal(isOver, false);
  second.reject(new Error('timed out'));
  await ended;
  assert.deepEqual(await Promise.all(answers), ['answer', 'Error: timed out']);
});

test('nothing begins once it is being closed, not even as a part of a call that goes on', async () => {
  const calls = new CallsInFlight('KS_KAFKA_RETRIABLE');
  calls.checkOpen();
  let begun = 0;
  const goOn = withResolvers<void>();
  const call = calls.during(async () => {
    await goOn.promise;
    await calls.during(async () => begun++);
  });
  const ended = calls.end();
  goOn.resolve();
  await assert.rejects(call, { code: 'KS_KAFKA_RETRIABLE', message: /being closed/ });
  await ended;
  assert.throws(() => calls.checkOpen(), { code: 'KS_KAFKA_RETRIABLE' });
  assert.deepEqual([begun, calls.isClosing], [0, true]);
});

/** Node 20 has no Promise.withResolvers. */
function withResolvers<T>() {
  let resolve!: (value: T) => void;
  let reject!: (reason: unknown) => void;
  const promise = new Promise<T>((yes, no) => {
    [resolve, reject] = [yes, no];
  });
  return { promise, resolve, reject };
}
