import type { SpanContext } from '@opentelemetry/api';
import type { MessageHeader } from '../types.ts';

/** https://www.w3.org/TR/trace-context/: version, trace id, span id, flags; later versions may append more. */
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;
/** Anything longer is not a trace context, or an abuse of one. */
const BYTES_MAX = 512;
/** Nobody adds so many after it; a record can have a hundred thousand. */
const HEADERS_MAX = 100;

/**
 * The trace that a message belongs to; undefined without a valid `traceparent` header. The last header counts. Its
 * `tracestate` is not looked at: whoever sends requests would decide what is kept for each link, and what a collector
 * gets to see.
 */
export function traceContextOf(headers: readonly MessageHeader[] | undefined): SpanContext | undefined {
  if (headers === undefined || headers.length === 0) return undefined;
  const [, version = '', traceId = '', spanId = '', flags = '', rest] =
    TRACEPARENT.exec(traceparentOf(headers)) ?? [];
  if (version === '' || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  return { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote: true };
}

function traceparentOf(headers: readonly MessageHeader[]): string {
  const first = Math.max(0, headers.length - HEADERS_MAX);
  for (let i = headers.length - 1; i >= first; i--) {
    const value = headers[i]?.['traceparent'];
    if (value != null) return value.length > BYTES_MAX ? '' : value.toString();
  }
  return '';
}
