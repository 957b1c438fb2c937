import type { Attributes, AttributeValue, HrTime, Link } from '@opentelemetry/api';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-base';

/** Bits of `flags` beside those of the trace: it is known whether the context comes from elsewhere, and it does. */
const REMOTE_KNOWN = 0x100;
const REMOTE = 0x200;
/** A link takes so many bytes at most, with the comma before it. */
const LINK_BYTES = 96;

/**
 * The body of an OTLP export of spans as JSON. All of them must be of the same resource and scope, and have no events.
 * Fields with their default value are left out. Most of a body are links: each is written to it on its own, which takes
 * a fifth of the time of an object for each, or of one long text.
 */
export function spansRequest(spans: readonly ReadableSpan[]): Uint8Array {
  const heads = spans.map((span, i) => `${i === 0 ? headOf(span) : ','}${spanHead(span)}`);
  let room = TAIL.length;
  for (let i = 0; i < spans.length; i++) {
    const { links } = spans[i] as ReadableSpan;
    room += Buffer.byteLength(heads[i] as string) + links.length * LINK_BYTES + SPAN_TAIL.length;
  }
  const body = Buffer.allocUnsafe(room);
  let at = 0;
  for (let i = 0; i < spans.length; i++) {
    at += body.write(heads[i] as string, at);
    at = writeLinks(body, at, (spans[i] as ReadableSpan).links);
    at += body.write(SPAN_TAIL, at);
  }
  at += body.write(TAIL, at);
  return body.subarray(0, at);
}

const SPAN_TAIL = ']}';
const TAIL = ']}]}]}';

function headOf({ resource, instrumentationScope }: ReadableSpan): string {
  const { name, version = '' } = instrumentationScope;
  const scope = `{"name":${JSON.stringify(name)},"version":${JSON.stringify(version)}}`;
  const attributes = attributesJson(resource.attributes);
  return `{"resourceSpans":[{"resource":{"attributes":[${attributes}]},"scopeSpans":[{"scope":${scope},"spans":[`;
}

/** Everything of a span before its links. */
function spanHead(span: ReadableSpan): string {
  const { traceId, spanId, traceFlags } = span.spanContext();
  const { parentSpanContext: parent, droppedAttributesCount, droppedLinksCount, status } = span;
  const parentId = parent === undefined ? '' : `"parentSpanId":"${parent.spanId}",`;
  const message = status.message === undefined ? '' : `,"message":${JSON.stringify(status.message)}`;
  const dropped =
    droppedAttributesCount + droppedLinksCount === 0
      ? ''
      : `"droppedAttributesCount":${droppedAttributesCount},"droppedLinksCount":${droppedLinksCount},`;
  return (
    `{"traceId":"${traceId}","spanId":"${spanId}",${parentId}"flags":${flagsOf(traceFlags, parent?.isRemote)},` +
    // Of the kinds, 0 is one that is not known.
    `"name":${JSON.stringify(span.name)},"kind":${span.kind + 1},` +
    `"startTimeUnixNano":"${nanoseconds(span.startTime)}","endTimeUnixNano":"${nanoseconds(span.endTime)}",` +
    `"status":{"code":${status.code}${message}},${dropped}` +
    `"attributes":[${attributesJson(span.attributes)}],"links":[`
  );
}

/** Ids are hexadecimal digits, which need no escaping. */
function writeLinks(body: Buffer, from: number, links: readonly Link[]): number {
  let at = from;
  for (const { context } of links) {
    const { traceId, spanId, traceFlags, isRemote } = context;
    const comma = at === from ? '' : ',';
    const flags = flagsOf(traceFlags, isRemote);
    at += body.write(`${comma}{"traceId":"${traceId}","spanId":"${spanId}","flags":${flags}}`, at, 'latin1');
  }
  return at;
}

function flagsOf(traceFlags: number, isRemote: boolean | undefined): number {
  return (traceFlags & 0xff) | REMOTE_KNOWN | (isRemote === true ? REMOTE : 0);
}

/** Whole numbers of 64 bits are written as text. */
function nanoseconds([seconds, nanos]: HrTime): string {
  return nanos < 1e9 ? `${seconds}${String(nanos).padStart(9, '0')}` : `${seconds + 1}000000000`;
}

function attributesJson(attributes: Attributes): string {
  let text = '';
  for (const key in attributes)
    text += `${text === '' ? '' : ','}{"key":${JSON.stringify(key)},"value":${valueJson(attributes[key])}}`;
  return text;
}

/** Of the kinds that ours have; those of the resource are texts. */
function valueJson(value: AttributeValue | undefined): string {
  if (typeof value === 'number')
    return Number.isInteger(value) ? `{"intValue":${value}}` : `{"doubleValue":${JSON.stringify(value)}}`;
  if (typeof value === 'boolean') return `{"boolValue":${value}}`;
  return `{"stringValue":${JSON.stringify(String(value))}}`;
}
