/** Lets the native reader read one random value, and compares what it finds with what the library decoded. */
import { UnreadableSchema } from '../../src/registry/program-writer.ts';
import type { RegisteredSchema } from '../../src/registry/registered-schema.ts';
import { type Read, valueReader } from '../helpers/read-value.ts';
import { Bytes, Exact, type Expected, follow, isSame, jsonBytes, parseExactly } from './expected.ts';

type Pointer = readonly string[];

export interface DifferentialCase {
  readonly schema: RegisteredSchema;
  readonly values: readonly DecodedValue[];
  readonly text: readonly Pointer[];
  readonly id: Pointer;
  readonly include: readonly Pointer[];
  /** What a field that is not there may as well be; `isText`: what it is, as a text. */
  readonly defaultOf: (value: Expected, pointer: Pointer, isText: boolean) => Expected;
  /** Nothing of it can be found in the message, and others of its file cannot be read. */
  readonly mayBeRefused?: boolean;
}

export interface DecodedValue {
  readonly payload: Buffer;
  /** What the library makes of the payload. */
  readonly value: Expected;
}

/** All included members together, in bytes of JSON. */
const INCLUDED_MAX = 16 << 10;
const ID_MAX = 1024;

/** undefined if all is the same; otherwise what is not, and of which value. */
export async function differenceOf(one: DifferentialCase): Promise<string | undefined> {
  const include = Object.fromEntries(one.include.map((pointer, i) => [`m${i}`, textOf(pointer)]));
  const request = { text: one.text.map(textOf), id: textOf(one.id), timestamp: '', priority: '' };
  const read = await valueReader(one.schema, { request, include }).catch((error: unknown) => {
    if (!(error instanceof UnreadableSchema) || one.mayBeRefused !== true) throw error;
    return undefined;
  });
  if (read === undefined) return undefined;
  for (const decoded of one.values) {
    const { payload } = decoded;
    const difference = compare(one, decoded, read(payload)) ?? wrongEnd(one, payload, read);
    if (difference !== undefined)
      return `${difference}\n${JSON.stringify({ request, include, ...one.schema })}\n${payload.toString('hex')}`;
  }
  return undefined;
}

/** A value that is cut off, or goes on, does not fit an Avro schema. */
function wrongEnd({ schema }: DifferentialCase, payload: Buffer, read: (payload: Buffer) => Read) {
  if (schema.type !== 'AVRO') return undefined;
  const longer = read(Buffer.concat([payload, Buffer.alloc(1)])).reason;
  if (!/goes on|16 KiB/.test(longer)) return `with a byte more: ${longer}`;
  const shorter = payload.length === 0 ? 'ends before' : read(payload.subarray(0, -1)).reason;
  return /ends before|16 KiB/.test(shorter) ? undefined : `with a byte less: ${shorter}`;
}

function compare(one: DifferentialCase, { value }: DecodedValue, found: Read): string | undefined {
  const wanted = outcomeOf(one, value);
  if (found.reason.endsWith('is longer than 16 KiB.')) {
    const size = one.include.reduce((sum, pointer) => sum + jsonBytes(follow(value, pointer)), 0);
    return size > INCLUDED_MAX / 4 ? undefined : `${size} bytes are too long`;
  }
  if (found.reason !== '') return wanted.reason.test(found.reason) ? undefined : `refused: ${found.reason}`;
  if (wanted.text === undefined) return `it was read, and should not: ${wanted.reason}`;
  if (found.text !== wanted.text)
    return `text: ${JSON.stringify(found.text)}, not ${JSON.stringify(wanted.text)}`;
  const isFound = (pointer: Pointer, expected: Expected, json: unknown): boolean => {
    if (isSame(expected, json)) return true;
    const usual = expected === undefined ? one.defaultOf(value, pointer, false) : undefined;
    return usual !== undefined && isSame(usual, json);
  };
  const id = found.id === '' ? undefined : parseExactly(found.id as string);
  if (!isFound(one.id, wanted.id, id)) return `id: ${found.id}`;
  const members = parseExactly(`{"m":0${found.included ?? ''}}`) as Record<string, unknown>;
  const wrong = one.include.findIndex(
    (pointer, i) => !isFound(pointer, follow(value, pointer), members[`m${i}`]),
  );
  return wrong < 0 ? undefined : `${textOf(one.include[wrong] as Pointer)}: ${found.included}`;
}

const NEVER = /^$/;

/** The text and the id, or which sentence it is refused with: as docs/topics.md says. */
function outcomeOf({ text, id, defaultOf }: DifferentialCase, value: Expected) {
  const found = text.map((pointer) => missing(value, pointer, defaultOf));
  const refused = (reason: RegExp) => ({ reason, text: undefined, id: undefined });
  if (found.some((here) => here instanceof Bytes && here.canBeText && asText(here) === undefined))
    return refused(/not valid UTF-8/);
  const present = found.filter((here) => here !== undefined && !(text.length > 1 && here === null));
  const texts = present.map((here) => (here instanceof Bytes ? asText(here) : here));
  if (!texts.every((here) => typeof here === 'string')) return refused(/`text` is not a string/);
  if (texts.length === 0) return refused(/has no `text`/);
  const own = follow(value, id) ?? undefined;
  const isScalar = ['string', 'number'].includes(typeof own) || (typeof own === 'object' && isLeaf(own));
  if (own !== undefined && !isScalar) return refused(/`id` is neither/);
  const reason = jsonBytes(own) > ID_MAX / 6 ? /`id` is longer/ : NEVER;
  // No line feed comes before the first that is not empty.
  const joined = texts.reduce((all: string, each) => (all === '' ? String(each) : `${all}\n${each}`), '');
  return { reason, text: joined, id: own };
}

function isLeaf(value: object | null): boolean {
  return value instanceof Exact || value instanceof Bytes || value?.constructor.name === 'Float';
}

function asText(bytes: Bytes): string | undefined {
  if (!bytes.canBeText) return undefined;
  const text = bytes.value.toString();
  return Buffer.from(text).equals(bytes.value) ? text : undefined;
}

/** null stays null. */
function missing(value: Expected, pointer: Pointer, defaultOf: DifferentialCase['defaultOf']): Expected {
  const here = follow(value, pointer);
  return here === undefined ? defaultOf(value, pointer, true) : here;
}

function textOf(pointer: Pointer): string {
  return pointer.map((name) => `/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}
