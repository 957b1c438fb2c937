import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toRequest, withoutMark } from '../../../src/cluster/produce.ts';
import { KubesentimentError } from '../../../src/errors.ts';

test('a line of text becomes a request, whatever is in it', () => {
  const line = '  "quotes" and \\ and \u0000 ';
  assert.deepEqual(JSON.parse(toRequest(line, 1, 'text').value), { text: line });
});

test('a JSON line goes out byte for byte, keyed by a field if there is one', () => {
  const line = '{ "text": "a",  "id": "x", "n": 12, "o": {} }';
  assert.deepEqual(toRequest(line, 1, 'json'), { value: line, key: null });
  assert.equal(toRequest(line, 1, 'json', 'id').key, 'x');
  assert.equal(toRequest(line, 1, 'json', 'n').key, '12');
  for (const field of ['o', 'missing']) assert.equal(toRequest(line, 1, 'json', field).key, null);
});

test('what is no request is refused by its number, never by its text', () => {
  for (const line of ['hush', '{"text":"hush"', '["hush"]', 'null', '"hush"']) {
    assert.throws(
      () => toRequest(line, 17, 'json'),
      (error) =>
        error instanceof KubesentimentError &&
        error.code === 'KS_USAGE' &&
        error.message.includes('Line 17') &&
        !`${error.message}${error.remedy}`.includes('hush'),
    );
  }
});

test('a byte-order mark is no part of the first line, and UTF-16 is not sent as garbage', () => {
  assert.equal(withoutMark('\ufeff{"text":"a"}'), '{"text":"a"}');
  for (const line of ['plain', '', 'a\u0000', '\ufffd alone']) assert.equal(withoutMark(line), line);
  for (const text of ['\ufeffhush', 'hush'])
    for (const bytes of [Buffer.from(text, 'utf16le'), Buffer.from(text, 'utf16le').swap16()])
      assert.throws(() => withoutMark(bytes.toString()), /looks like UTF-16/);
});
