/** The compiled pointers against JSON.parse and a function that follows one pointer. A failure prints its seed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadBinding, type MappingOptions } from '../../../src/decode/binding.ts';

const mapping: MappingOptions = {
  isText: 0,
  framing: 0,
  envelope: 0,
  isStrict: 1,
  needsObject: 0,
  text: ['/text'],
  id: '',
  timestamp: '',
  priority: '',
  includeNames: [],
  includePointers: [],
};
const limits = { maxMessageBytes: 1 << 20, maxDepth: 64, encryptedOnly: 0 } as const;

/** RFC 6901, over a parsed document. */
function follow(document: unknown, pointer: string): unknown {
  let at = document;
  for (const token of pointer.split('/').slice(1)) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof at !== 'object' || at === null) return undefined;
    if (Array.isArray(at) && !/^(0|[1-9]\d*)$/.test(name)) return undefined;
    at = Object.hasOwn(at, name) ? (at as Record<string, unknown>)[name] : undefined;
  }
  return at;
}

const names = [
  'a',
  'b',
  '0',
  '1',
  '01',
  '-',
  '',
  '~',
  '/',
  '~1',
  'ü',
  '__proto__',
  'longer than eight bytes',
  'longer than eight',
];
const name = fc.constantFrom(...names);

/** JSON text in which members may occur more than once, with any white space and escapes. */
const { document } = fc.letrec<{ document: string; list: string; object: string }>((tie) => ({
  document: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    fc.oneof(
      fc.jsonValue({ maxDepth: 0 }).map((value) => JSON.stringify(value)),
      fc.constant('1.50e2'),
    ),
    tie('list'),
    tie('object'),
  ),
  list: fc.array(tie('document'), { maxLength: 3 }).map((items) => `[ ${items.join(' ,')}]`),
  object: fc
    .array(fc.tuple(name, fc.boolean(), tie('document')), { maxLength: 5 })
    .map(
      (members) =>
        `{${members.map(([key, isEscaped, value]) => `${spell(key, isEscaped)}\n:${value}`).join(', ')} }`,
    ),
}));

function spell(key: string, isEscaped: boolean): string {
  if (!isEscaped) return JSON.stringify(key);
  const units = Array.from({ length: key.length }, (_, i) => key.charCodeAt(i).toString(16).padStart(4, '0'));
  return `"${units.map((unit) => `\\u${unit}`).join('')}"`;
}

const pointer = fc
  .array(name, { maxLength: 4 })
  .map((tokens) => tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join(''));

test('what stands at a pointer is what JSON.parse and a plain function find there', () => {
  const { NativeReader } = loadBinding();
  let found = 0;
  fc.assert(
    fc.property(document, fc.array(pointer, { minLength: 1, maxLength: 6 }), (inner, pointers) => {
      const json = `{"text":"good","in":${inner}}`;
      const parsed = JSON.parse(json);
      const includeNames = pointers.map((_, i) => `n${i}`);
      const includePointers = pointers.map((place) => `/in${place}`);
      const reader = new NativeReader(limits, { ...mapping, includeNames, includePointers });
      const { status, included = '' } = reader.read(Buffer.from(json), undefined);
      assert.equal(status, 0);
      const members = JSON.parse(`{${included.slice(1)}}`) as Record<string, unknown>;
      for (const [i, place] of includePointers.entries()) {
        const expected = follow(parsed, place);
        if (expected !== undefined) found++;
        assert.deepEqual(members[`n${i}`], expected, `${place} of ${json}`);
      }
    }),
    { numRuns: 5000 },
  );
  assert.ok(found > 1000, 'the pointers lead somewhere');
});

test('a text at a pointer is the string that JSON.parse finds there, and no other value is one', () => {
  const { NativeReader, describeStatus } = loadBinding();
  fc.assert(
    fc.property(document, pointer, fc.string({ unit: 'binary', maxLength: 20 }), (other, place, text) => {
      const json = `{"other":${other},"in":{"a":${JSON.stringify(text)},"b":[${JSON.stringify(text)},${other}]}}`;
      const expected = follow(JSON.parse(json), `/in${place}`);
      const reader = new NativeReader(limits, { ...mapping, text: [`/in${place}`] });
      const { status, text: read } = reader.read(Buffer.from(json), undefined);
      if (typeof expected === 'string') assert.equal(read, expected);
      else
        assert.match(describeStatus(status).message, expected === undefined ? /no `text`/ : /not a string/);
    }),
    { numRuns: 3000 },
  );
});
