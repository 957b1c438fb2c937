import assert from 'node:assert/strict';
import { test } from 'node:test';
import { shownHeaders, shownValue } from '../../../src/dead-letters/content.ts';
import type { SourceMessage } from '../../../src/types.ts';

const message = (parts: Partial<SourceMessage>): SourceMessage => ({
  topic: 'dlq',
  partition: 0,
  offset: 1,
  value: null,
  size: 0,
  ...parts,
});

test('text is text, bytes are hexadecimal, and nothing is not an empty text', () => {
  const { key, value } = shownValue(message({ key: Buffer.from('Zürich'), value: Buffer.from([0xff, 0]) }));
  assert.deepEqual(key, { encoding: 'text', content: 'Zürich', bytes: 7, isCut: false });
  assert.deepEqual(value, { encoding: 'hex', content: 'ff00', bytes: 2, isCut: false });
  const empty = shownValue(message({ value: Buffer.alloc(0) }));
  assert.deepEqual([empty.key.encoding, empty.value.encoding], ['none', 'text']);
  const zero = shownValue(message({ value: Buffer.from('a\0b') }));
  assert.equal(zero.value.encoding, 'hex', 'a zero byte is in no text that somebody wrote');
});

test('a long value is cut, between two characters', () => {
  const { value } = shownValue(message({ value: Buffer.from(`a${'ü'.repeat(100_000)}`) }));
  assert.deepEqual([value.encoding, value.bytes, value.isCut], ['text', 200_001, true]);
  assert.equal(value.content, `a${'ü'.repeat(32_767)}`);
  const bytes = shownValue(message({ value: Buffer.alloc(5_000, 0xff) })).value;
  assert.deepEqual([bytes.encoding, bytes.content.length, bytes.isCut], ['hex', 2_048, true]);
});

test('at most a hundred headers, each of them cut', () => {
  const headers = Array.from({ length: 101 }, (_, i) => ({ [`h${i}`]: i === 0 ? 'x'.repeat(5_000) : 'y' }));
  const shown = shownHeaders(message({ headers }));
  assert.deepEqual([shown.headers.length, shown.more], [100, true]);
  assert.deepEqual([shown.headers[0]?.content.length, shown.headers[0]?.isCut], [2_048, true]);
  assert.deepEqual(shownHeaders(message({})), { headers: [], more: false });
});
