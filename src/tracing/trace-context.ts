import { createTraceState, type SpanContext } from '@opentelemetry/api';
import type { MessageHeader } from '../types.ts';

/** https://www.w3.org/TR/trace-context/: version, trace id, span id, flags; later versions may append more. */
const TRACEPARENT = /^([\da-f]{2})-([\da-f]{32})-([\da-f]{16})-([\da-f]{2})(-.*)?$/;
const NOTHING = /^0+$/;
/** Anything longer is not a trace context, or an abuse of one. */
const BYTES_MAX = 512;

/** The trace that a message belongs to; undefined without a valid `traceparent` header. The last header counts. */
export function traceContextOf(headers: readonly MessageHeader[] | undefined): SpanContext | undefined {
  const [, version = '', traceId = '', spanId = '', flags = '', rest] =
    TRACEPARENT.exec(textOf(headers, 'traceparent')) ?? [];
  if (version === '' || version === 'ff' || (version === '00' && rest !== undefined)) return undefined;
  if (NOTHING.test(traceId) || NOTHING.test(spanId)) return undefined;
  const state = textOf(headers, 'tracestate');
  return {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & 1,
    isRemote: true,
    ...(state === '' ? {} : { traceState: createTraceState(state) }),
  };
}

function textOf(headers: readonly MessageHeader[] | undefined, name: string): string {
  for (let i = (headers?.length ?? 0) - 1; i >= 0; i--) {
    const value = headers?.[i]?.[name];
    if (value != null) return value.length > BYTES_MAX ? '' : value.toString();
  }
  return '';
}
