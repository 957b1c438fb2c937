/** node-rdkafka polls a producer while a thread frees it, unless it was compiled with our patch (ADR 0016). */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import rdkafka from 'node-rdkafka';

const PRODUCERS = 20;

test('a producer that is being freed is not polled', { timeout: 60_000 }, async () => {
  let refused = 0;
  for (let i = 0; i < PRODUCERS; i++) {
    const producer = new rdkafka.Producer({ 'test.mock.num.brokers': 1 } as never, {});
    await new Promise<void>((resolve, reject) => {
      producer.connect({}, (error) => (error ? reject(error) : resolve()));
    });
    let isFreed = false;
    producer.once('disconnected', () => {
      isFreed = true;
    });
    const closed = new Promise<void>((resolve) => producer.disconnect(0, () => resolve()));
    while (!isFreed) {
      try {
        producer.poll();
      } catch {
        refused++;
      }
      await new Promise(setImmediate);
    }
    await closed;
  }
  // While it lasts, and that is some milliseconds each time.
  assert.ok(refused >= PRODUCERS, `${refused} polls were refused`);
});
