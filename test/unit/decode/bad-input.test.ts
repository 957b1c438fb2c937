/** Whatever bytes arrive: a row or the right reason, nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decoder } from '../../../src/decode/decoder.ts';
import { errorTypes } from '../../../src/types.ts';
import { makeDecoder, outcomeOf } from './make-decoder.ts';

const latin1 = Buffer.from('{"text":"caf\xe9"}', 'latin1');
const table: [what: string, value: Buffer | string | null, outcome: string][] = [
  ['a request', '{"text":"good"}', 'ok'],
  ['an empty text', '{"text":""}', 'ok'],
  ['a text of spaces', '{"text":" \\n "}', 'ok'],
  ['a NUL in the text', '{"text":"a\\u0000b"}', 'ok'],
  ['white space around it', ' \r\n\t{"text":"good"} \n', 'ok'],
  ['a number beyond 64 bits', `{"text":"a","metadata":${2 ** 65}}`, 'ok'],
  ['a number beyond a double', '{"text":"a","metadata":1e999}', 'ok'],
  ['an empty value', '', 'invalid_json'],
  ['a tombstone', null, 'invalid_message'],
  ['not UTF-8', latin1, 'invalid_json'],
  ['UTF-16', Buffer.from('{"text":"a"}', 'utf16le'), 'invalid_json'],
  ['a byte order mark', '\ufeff{"text":"a"}', 'invalid_json'],
  ['not JSON', 'good', 'invalid_json'],
  ['half a request', '{"text":"go', 'invalid_json'],
  ['two requests', '{"text":"a"}{"text":"b"}', 'invalid_json'],
  ['a NUL behind it', '{"text":"a"}\0', 'invalid_json'],
  ['a raw NUL in the text', '{"text":"a\0b"}', 'invalid_json'],
  ['a comma too many', '{"text":"a",}', 'invalid_json'],
  ['a lone surrogate', '{"text":"\\ud83d"}', 'invalid_json'],
  ['a lone surrogate elsewhere', '{"text":"a","metadata":{"\\udc00":1}}', 'invalid_json'],
  ['a surrogate in UTF-8', Buffer.from('7b2274657874223a22eda080227d', 'hex'), 'invalid_json'],
  ['100,000 nested brackets', `{"text":"a","metadata":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, 'invalid_json'],
  ['100,000 opening brackets', '['.repeat(1e5), 'invalid_json'],
  ['a list', '[{"text":"a"}]', 'invalid_message'],
  ['a string', '"text"', 'invalid_message'],
  ['null', 'null', 'invalid_message'],
  ['no text', '{"message":"a"}', 'invalid_message'],
  ['text null', '{"text":null}', 'invalid_message'],
  ['text a number', '{"text":5}', 'invalid_message'],
  ['text a list', '{"text":["a"]}', 'invalid_message'],
  ['text twice, the last one good', '{"text":1,"text":"a"}', 'ok'],
  ['text twice, the last one bad', '{"text":"a","text":1}', 'invalid_message'],
  ['id a list', '{"text":"a","id":[]}', 'invalid_message'],
  ['id null', '{"text":"a","id":null}', 'ok'],
  ['a huge id', `{"text":"a","id":"${'i'.repeat(1e5)}"}`, 'invalid_message'],
  ['a huge number as id', `{"text":"a","id":${'9'.repeat(2000)}}`, 'invalid_message'],
  ['10 MB of text', `{"text":"${'good '.repeat(2e6)}"}`, 'too_large'],
];

const shared = makeDecoder();
for (const [what, value, outcome] of table) {
  test(`${what}: ${outcome}`, () => assert.equal(outcomeOf(value, shared), outcome));
}

test('10 MB of text within the limit is truncated', () => {
  const { decoder, table } = makeDecoder({ maxMessageBytes: 1 << 24 });
  assert.equal(decoder.decode([Buffer.from(`{"text":"${'good '.repeat(2e6)}"}`)], Int32Array.of(0), 1), 1);
  assert.equal(table.length[0], 128);
  assert.equal(table.flags[0], 1);
});

test('the limits are those of the options', () => {
  assert.equal(outcomeOf('{"text":"abc"}', makeDecoder({ maxMessageBytes: 14 })), 'ok');
  assert.equal(outcomeOf('{"text":"abcd"}', makeDecoder({ maxMessageBytes: 14 })), 'too_large');
  assert.equal(outcomeOf('{"text":"a","m":[[]]}', makeDecoder({ maxDepth: 3 })), 'ok');
  assert.equal(outcomeOf('{"text":"a","m":[[]]}', makeDecoder({ maxDepth: 2 })), 'invalid_json');
});

test('a bad message between good ones costs only itself', () => {
  const { decoder, table } = makeDecoder();
  const values = ['{"text":"good"}', '{', '{"text":"good"}'].map((value) => Buffer.from(value));
  assert.equal(decoder.decode(values, Int32Array.of(5, 6, 7), 3), 2);
  assert.deepEqual([...table.length.subarray(5, 8)], [3, 0, 3]);
  assert.deepEqual(decoder.tokens(5), decoder.tokens(7));
});

test('every status names a known error type and a sentence', () => {
  let count = 0;
  for (let status = 1; ; status++, count++) {
    let described: ReturnType<typeof Decoder.describe>;
    try {
      described = Decoder.describe(status);
    } catch {
      break;
    }
    assert.ok(errorTypes.includes(described.errorType), described.errorType);
    assert.match(described.message, /^.{5,}\.$/);
  }
  assert.ok(count > 10);
});
