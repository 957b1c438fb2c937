import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BasicTracerProvider, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import { countedQueue } from '../../../src/tracing/counted-queue.ts';

/** A queue for three spans, and spans that end into it. */
function scene(isSampled = true) {
  const queued: ReadableSpan[] = [];
  const calls: string[] = [];
  let taken: (spans: number) => void = () => undefined;
  let dropped = 0;
  const queue = countedQueue(
    (onTaken) => {
      taken = onTaken;
      return {
        onStart: () => undefined,
        onEnd: (span) => void queued.push(span),
        forceFlush: async () => void calls.push('flush'),
        shutdown: async () => void calls.push('shutdown'),
      };
    },
    3,
    () => {
      dropped++;
    },
  );
  const provider = new BasicTracerProvider({ spanProcessors: [queue] });
  const tracer = provider.getTracer('test');
  const end = (times: number): void => {
    for (let i = 0; i < times; i++) {
      const span = tracer.startSpan('poll');
      if (!isSampled) span.spanContext().traceFlags = 0;
      span.end();
    }
  };
  return { queued, calls, provider, end, taken: (spans: number) => taken(spans), dropped: () => dropped };
}

test('what finds the queue full is counted, until spans are taken out of it', () => {
  const { queued, end, taken, dropped } = scene();
  end(5);
  assert.deepEqual([queued.length, dropped()], [3, 2]);
  taken(2);
  end(3);
  assert.deepEqual([queued.length, dropped()], [5, 3]);
});

test('a span that is not sampled takes no room', () => {
  const { queued, end, dropped } = scene(false);
  end(5);
  assert.deepEqual([queued.length, dropped()], [0, 0]);
});

test('the queue is flushed and shut down', async () => {
  const { provider, calls } = scene();
  await provider.forceFlush();
  await provider.shutdown();
  assert.deepEqual(calls, ['flush', 'shutdown']);
});
