import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { type TestContext, test } from 'node:test';
import { BrokerWatch } from '../../../src/session/broker-watch.ts';

const EVERY_MS = 20;

function watchOf(t: TestContext, ask: () => Promise<unknown>): BrokerWatch {
  const watch = new BrokerWatch(ask, EVERY_MS);
  t.after(() => watch.close());
  return watch;
}

test('an answer ends the silence, a failure does not', async (t) => {
  let isUp = false;
  let asked = 0;
  const watch = watchOf(t, async () => {
    asked++;
    if (!isUp) throw new Error('down');
  });
  while (asked < 5) await sleep(EVERY_MS);
  const silent = watch.silentMs;
  assert.ok(silent >= 4 * EVERY_MS, `${silent}`);
  isUp = true;
  while (watch.silentMs >= silent) await sleep(EVERY_MS);
});

test('one question at a time: a broker that hangs is not asked again', async (t) => {
  let asked = 0;
  watchOf(t, () => {
    asked++;
    return new Promise(() => undefined);
  });
  while (asked === 0) await sleep(EVERY_MS);
  await sleep(10 * EVERY_MS);
  assert.equal(asked, 1);
});
