import type { SpanContext } from '@opentelemetry/api';
import type { MessageHeader } from '../types.ts';

/** https://www.w3.org/TR/trace-context/: version, trace id, span id, flags; later versions may append more. */
const LENGTH = 55;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
/** Anything longer is not a trace context, or an abuse of one. */
const BYTES_MAX = 512;
/** Nobody adds so many after it; a record can have a hundred thousand. */
const HEADERS_MAX = 100;

const DASH = 0x2d;
const DIGITS = '0123456789abcdef';
/** The value of a digit; -1 for any other byte. */
const digitOf = Int8Array.from({ length: 256 }, (_, byte) => DIGITS.indexOf(String.fromCharCode(byte)));

/**
 * The trace that a message belongs to; undefined without a valid `traceparent` header. The last header counts. Its
 * `tracestate` is not looked at: whoever sends requests would decide what is kept for each link, and what a collector
 * gets to see.
 */
export function traceContextOf(headers: readonly MessageHeader[] | undefined): SpanContext | undefined {
  if (headers === undefined || headers.length === 0) return undefined;
  const bytes = traceparentOf(headers);
  if (bytes === undefined || !hasFields(bytes)) return undefined;
  const text = bytes.toString('latin1', 0, LENGTH);
  const hasMore = bytes.length > LENGTH;
  if (text.startsWith('ff') || (hasMore && (text.startsWith('00') || bytes[LENGTH] !== DASH)))
    return undefined;
  const traceId = text.slice(3, 35);
  const spanId = text.slice(36, 52);
  if (traceId === NO_TRACE || spanId === NO_SPAN) return undefined;
  const flags = digitOf[bytes[LENGTH - 1] as number] as number;
  return { traceId, spanId, traceFlags: flags & 1, isRemote: true };
}

function traceparentOf(headers: readonly MessageHeader[]): Buffer | undefined {
  const first = Math.max(0, headers.length - HEADERS_MAX);
  for (let i = headers.length - 1; i >= first; i--) {
    const value = headers[i]?.['traceparent'];
    if (value == null) continue;
    if (value.length > BYTES_MAX) return undefined;
    return typeof value === 'string' ? Buffer.from(value) : value;
  }
  return undefined;
}

/** Looks at bytes: that takes half the time of an expression and a text, and is done for each message of each batch. */
function hasFields(bytes: Buffer): boolean {
  if (bytes.length < LENGTH) return false;
  for (let i = 0; i < LENGTH; i++) {
    const byte = bytes[i] as number;
    const isDash = i === 2 || i === 35 || i === 52;
    if (isDash ? byte !== DASH : (digitOf[byte] as number) < 0) return false;
  }
  return true;
}
