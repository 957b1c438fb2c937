import { KubesentimentError } from '../errors.ts';
import { readJson, type ValueReader } from '../registry/result-reader.ts';
import type { SourceMessage, TopicPartitionOffset } from '../types.ts';

type OriginRecord = Pick<SourceMessage, 'value' | 'headers'>;

/** Returns the request that a record belongs to, or undefined when the record does not say. */
export type OriginReader = (record: OriginRecord) => TopicPartitionOffset | undefined;

/** The reference tokens of a JSON Pointer (RFC 6901) into the value, or the name of a header. */
type Place = { readonly pointer: readonly string[] } | { readonly header: string };

type Field = 'topic' | 'partition' | 'offset';

/** Where our own results name their request. */
export const DEFAULT_ORIGIN = '/source';

const HEADER = 'header:';
const FIELD = /^(topic|partition|offset)=(.*)$/s;
const BETWEEN_FIELDS = /,(?=(?:topic|partition|offset)=)/;
const INDEX = /^(0|[1-9]\d*)$/;
/** With more digits a number is no longer exact, and it is no offset anyway. */
const DIGITS = /^\d{1,15}$/;

/**
 * Reads origins from the places that `text` names: either one place with an object of topic, partition and offset
 * (`/source` is a JSON Pointer into the value, `header:NAME` a header with JSON), or one place for each of the three
 * (`partition=/from/partition,offset=header:offset`). `onlyTopic` is for records without a topic;
 * `readValue` for values that are not JSON. KS_USAGE
 */
export function originReader(
  text: string,
  onlyTopic: string | undefined,
  readValue: ValueReader = readJson,
): OriginReader {
  if (!FIELD.test(text)) {
    const place = parsePlace(text);
    return (record) => {
      const found = jsonAt(record, place, readValue) as Partial<Record<Field, unknown>> | null | undefined;
      if (typeof found !== 'object' || found === null) return undefined;
      return toOrigin(found.topic ?? onlyTopic, found.partition, found.offset);
    };
  }
  const places = parseFields(text);
  const { topic, partition, offset } = places;
  if (partition === undefined || offset === undefined) {
    throw invalid(`The origin "${text}" must name a partition and an offset.`);
  }
  if (topic === undefined && onlyTopic === undefined) {
    throw invalid(`The origin "${text}" must name a topic: there is more than one request topic.`);
  }
  return (record) =>
    toOrigin(
      topic === undefined ? onlyTopic : scalarAt(record, topic, readValue),
      scalarAt(record, partition, readValue),
      scalarAt(record, offset, readValue),
    );
}

function parseFields(text: string): Partial<Record<Field, Place>> {
  const places: Partial<Record<Field, Place>> = {};
  for (const part of text.split(BETWEEN_FIELDS)) {
    const [, name, place] = FIELD.exec(part) as unknown as [string, Field, string];
    if (places[name] !== undefined) throw invalid(`The origin "${text}" names the ${name} twice.`);
    places[name] = parsePlace(place);
  }
  return places;
}

function parsePlace(text: string): Place {
  if (text.startsWith(HEADER) && text.length > HEADER.length) return { header: text.slice(HEADER.length) };
  if (text !== '' && !text.startsWith('/'))
    throw invalid(`"${text}" is neither a JSON Pointer nor header:NAME.`);
  if (/~(?![01])/.test(text)) throw invalid(`"${text}" is not a JSON Pointer: write "~0" for "~".`);
  const tokens = text.split('/').slice(1);
  return { pointer: tokens.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~')) };
}

/** A number or a string; for a header, its bytes. */
function scalarAt(record: OriginRecord, place: Place, readValue: ValueReader): unknown {
  return 'header' in place ? headerOf(record, place.header) : jsonAt(record, place, readValue);
}

function jsonAt(record: OriginRecord, place: Place, readValue: ValueReader): unknown {
  try {
    if ('header' in place) return JSON.parse(String(headerOf(record, place.header)));
    return place.pointer.reduce(member, readValue(record.value));
  } catch (error) {
    if (error instanceof KubesentimentError) throw error;
    return undefined; // not readable
  }
}

function member(parent: unknown, token: string): unknown {
  if (typeof parent !== 'object' || parent === null) return undefined;
  if (Array.isArray(parent) && !INDEX.test(token)) return undefined;
  return Object.hasOwn(parent, token) ? (parent as Record<string, unknown>)[token] : undefined;
}

/** The last one with that name, like Java's `lastHeader`. */
function headerOf({ headers }: OriginRecord, name: string): Buffer | string | null | undefined {
  return headers?.findLast((entry) => Object.hasOwn(entry, name))?.[name];
}

function toOrigin(topic: unknown, partition: unknown, offset: unknown): TopicPartitionOffset | undefined {
  const origin = { topic: textOf(topic), partition: wholeNumber(partition), offset: wholeNumber(offset) };
  const isWhole = origin.topic !== '' && origin.partition >= 0 && origin.offset >= 0;
  return isWhole ? origin : undefined;
}

function textOf(value: unknown): string {
  return typeof value === 'string' || Buffer.isBuffer(value) ? String(value) : '';
}

/** From a number, from digits, or from an int or long as Java serializes it; -1 if it is none of these. */
function wholeNumber(value: unknown): number {
  if (typeof value === 'number') return Number.isSafeInteger(value) ? value : -1;
  const text = textOf(value);
  if (DIGITS.test(text)) return Number(text);
  if (!Buffer.isBuffer(value)) return -1;
  if (value.length === 4) return value.readInt32BE();
  return value.length === 8 ? Number(value.readBigInt64BE()) : -1;
}

function invalid(sentence: string): KubesentimentError {
  return new KubesentimentError('KS_USAGE', sentence, {
    remedy:
      'Give a JSON Pointer (/source) or a header (header:source) that holds topic, partition and offset, ' +
      'or one place for each: topic=/topic,partition=/partition,offset=header:offset.',
  });
}
