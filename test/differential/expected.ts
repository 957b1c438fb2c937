/** What a reader should find, in a form that can be compared without losing a digit. */
import { isDeepStrictEqual } from 'node:util';

/** A number that must come out with exactly these digits. */
export class Exact {
  readonly digits: string;

  constructor(digits: string) {
    this.digits = digits;
  }
}

/** A number of 32 bits, which is written with as few digits as make the same one. */
export class Float {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

/** Bytes: base64 where they are copied; a text where they are UTF-8. */
export class Bytes {
  readonly value: Buffer;
  /** A fixed is never a text. */
  readonly canBeText: boolean;

  constructor(value: Buffer, canBeText = true) {
    this.value = value;
    this.canBeText = canBeText;
  }
}

/** Strings, booleans, null, doubles as numbers, lists, objects without a prototype, and the classes above. */
export type Expected = unknown;

/** JSON with numbers as the digits they have. */
export function parseExactly(json: string): unknown {
  const lifted = json.replace(/"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/g, (token) =>
    token.startsWith('"') ? token : `{"":"${token}"}`,
  );
  return JSON.parse(lifted, (_, value) => (isNumber(value) ? new Exact(value['']) : value));
}

function isNumber(value: unknown): value is { readonly '': string } {
  return typeof value === 'object' && value !== null && Object.keys(value).join() === '' && '' in value;
}

/** `actual`: from `parseExactly`. */
export function isSame(expected: Expected, actual: unknown): boolean {
  if (expected instanceof Bytes) return actual === expected.value.toString('base64');
  if (expected instanceof Exact) return isDeepStrictEqual(expected, actual);
  if (expected instanceof Float) {
    if (!Number.isFinite(expected.value)) return actual === null;
    return actual instanceof Exact && Math.fround(Number(actual.digits)) === expected.value;
  }
  if (typeof expected === 'number') {
    if (!Number.isFinite(expected)) return actual === null;
    return actual instanceof Exact && Number(actual.digits) === expected;
  }
  if (typeof expected !== 'object' || expected === null) return expected === actual;
  if (Array.isArray(expected)) {
    if (!Array.isArray(actual) || actual.length !== expected.length) return false;
    return expected.every((item, i) => isSame(item, actual[i]));
  }
  if (typeof actual !== 'object' || actual === null || Array.isArray(actual) || actual instanceof Exact)
    return false;
  const [wanted, found] = [Object.entries(expected), actual as Record<string, unknown>];
  return (
    wanted.length === Object.keys(found).length && wanted.every(([key, value]) => isSame(value, found[key]))
  );
}

/** undefined where a value has nothing at a pointer. */
export function follow(value: Expected, pointer: readonly string[]): Expected {
  let at = value;
  for (const name of pointer) {
    const isContainer = typeof at === 'object' && at !== null && !isLeaf(at);
    if (!isContainer || !Object.hasOwn(at as object, name)) return undefined;
    at = (at as Record<string, unknown>)[name];
  }
  return at;
}

function isLeaf(value: object): boolean {
  return value instanceof Exact || value instanceof Float || value instanceof Bytes;
}

/** How many bytes of JSON it takes, about. */
export function jsonBytes(value: Expected): number {
  if (value === undefined) return 0;
  if (typeof value === 'object' && value !== null && isLeaf(value))
    return value instanceof Bytes ? (value.value.length * 4) / 3 : 12;
  if (typeof value === 'object' && value !== null)
    return Object.entries(value).reduce((sum, [key, inner]) => sum + key.length + 4 + jsonBytes(inner), 2);
  return JSON.stringify(value).length;
}
