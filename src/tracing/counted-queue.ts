import type { SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { hasSampledFlag } from './poll-spans.ts';

/**
 * The queue of the SDK, in front of which spans are counted: by itself it drops what it has no room for and says
 * nothing. `queueOf` makes it, with room for at least `spansMax`, and calls `onTaken` with the spans that leave it.
 */
export function countedQueue(
  queueOf: (onTaken: (spans: number) => void) => SpanProcessor,
  spansMax: number,
  onDropped: () => void,
): SpanProcessor {
  let waiting = 0;
  const queue = queueOf((spans) => {
    waiting -= spans;
  });
  return {
    onStart: () => undefined,
    onEnd: (span) => {
      if (!hasSampledFlag(span.spanContext())) return;
      if (waiting >= spansMax) {
        onDropped();
        return;
      }
      waiting++;
      queue.onEnd(span);
    },
    forceFlush: () => queue.forceFlush(),
    shutdown: () => queue.shutdown(),
  };
}
