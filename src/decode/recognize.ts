import { hasSchemas, type RequestShape } from '../request-shape.ts';
import type { SourceMessage } from '../types.ts';
import { SCHEMA_ID_HEADER, schemaIdOf, schemaNameOf } from './schema-id.ts';

type Envelope = RequestShape['envelope'];

/** Longer values are not parsed only to say more about why they failed. */
const PARSED_BYTES_MAX = 64 * 1024;

/**
 * What a value that is no request looks like, and which setting reads such values: one sentence, without any part of
 * the value but the id of a schema. undefined if nothing is recognised.
 */
export function recognize(
  { value, headers }: Pick<SourceMessage, 'value' | 'headers'>,
  request: RequestShape,
): string | undefined {
  if (value === null) return undefined;
  const mark = schemaMark({ value, headers });
  if (mark !== undefined)
    return hasSchemas(request) ? `${mark}.` : `${mark}, which request.format: auto reads.`;
  if (value[0] === 0x1f && value[1] === 0x8b) return 'It is compressed with gzip by its producer.';
  if (isUtf16(value)) return 'It looks like UTF-16; requests are UTF-8.';
  const json = parse(value);
  if (json === undefined) return isPlainText(value, request) ? PLAIN_TEXT : undefined;
  if (typeof json === 'string' && isObject(tryParse(json)))
    return 'It is a JSON string with a JSON object in it.';
  const envelope = envelopeOf(json);
  return envelope === undefined || envelope === request.envelope
    ? undefined
    : `It looks like ${names[envelope]}, which request.envelope: ${envelope} reads.`;
}

function schemaMark(message: Pick<SourceMessage, 'value' | 'headers'>): string | undefined {
  const id = schemaIdOf(message);
  const isNamed = message.headers?.some((header) => Object.hasOwn(header, SCHEMA_ID_HEADER)) === true;
  const name = id === undefined ? '' : ` (schema id ${schemaNameOf(id)})`;
  if (isNamed)
    return `A serializer of a Schema Registry wrote it, says its header ${SCHEMA_ID_HEADER}${name}`;
  return id && `It starts with a Schema Registry frame${name}`;
}

const PLAIN_TEXT = 'It looks like plain text, which request.format: text reads.';
const names: Readonly<Record<Exclude<Envelope, 'none'>, string>> = {
  connect: 'a schema and payload of Kafka Connect',
  debezium: 'a Debezium envelope',
  cloudevents: 'a CloudEvent',
};

function envelopeOf(json: unknown): Exclude<Envelope, 'none'> | undefined {
  if (!isObject(json)) return undefined;
  const has = (object: Record<string, unknown>, ...members: string[]) =>
    members.every((member) => Object.hasOwn(object, member));
  if (has(json, 'specversion', 'type', 'source')) return 'cloudevents';
  const change = isObject(json['payload']) ? json['payload'] : json;
  if (typeof change['op'] === 'string' && has(change, 'after')) return 'debezium';
  return has(json, 'schema', 'payload') ? 'connect' : undefined;
}

function parse(value: Buffer): unknown {
  return value.length > PARSED_BYTES_MAX ? undefined : tryParse(value.toString().replace(/^\ufeff/, ''));
}

function tryParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isObject(json: unknown): json is Record<string, unknown> {
  return typeof json === 'object' && json !== null && !Array.isArray(json);
}

/** A byte-order mark, or ASCII with a NUL in every second place. */
function isUtf16(value: Buffer): boolean {
  const mark = value.length >= 2 ? value.readUInt16BE(0) : 0;
  if (mark === 0xfffe || mark === 0xfeff) return true;
  const start = value.subarray(0, 64);
  return start.length >= 8 && start.every((byte, i) => (byte === 0) === (i % 2 === 1));
}

/** Begins like a sentence, not like JSON, and has no control characters. */
function isPlainText(value: Buffer, { format }: RequestShape): boolean {
  const start = value.subarray(0, 256).toString();
  return format === 'json' && /^\s*[^\s{["\p{Cc}]/u.test(start) && !/[^\P{Cc}\s]|\ufffd(?=.)/u.test(start);
}
