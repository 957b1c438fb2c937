import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { BrokerWatch } from '../../../src/session/broker-watch.ts';

const EVERY_MS = 20;

/** A watch, and a clock that only `pass` moves, from one question to the next. */
function watchOf(t: TestContext, ask: () => Promise<unknown>) {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  t.mock.timers.enable({ apis: ['setInterval'] });
  const watch = new BrokerWatch(ask, EVERY_MS);
  t.after(() => watch.close());
  const pass = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      now += EVERY_MS;
      t.mock.timers.tick(EVERY_MS);
      await turn();
    }
  };
  return { watch, pass };
}

test('an answer ends the silence, a failure does not', async (t) => {
  let isUp = false;
  let asked = 0;
  const { watch, pass } = watchOf(t, async () => {
    asked++;
    if (!isUp) throw new Error('down');
  });
  await pass(5);
  assert.deepEqual([asked, watch.silentMs], [5, 5 * EVERY_MS]);
  isUp = true;
  await pass(1);
  assert.deepEqual([asked, watch.silentMs], [6, 0]);
});

test('one question at a time: a broker that hangs is not asked again', async (t) => {
  let asked = 0;
  let answer: () => void = () => undefined;
  const { watch, pass } = watchOf(t, () => {
    asked++;
    return new Promise<void>((resolve) => {
      answer = resolve;
    });
  });
  await pass(10);
  assert.deepEqual([asked, watch.silentMs], [1, 10 * EVERY_MS]);
  answer();
  await turn();
  await pass(1);
  assert.equal(asked, 2);
});

test('after the end nobody is asked', async (t) => {
  let asked = 0;
  const { watch, pass } = watchOf(t, async () => asked++);
  watch.close();
  await pass(3);
  assert.equal(asked, 0);
});
