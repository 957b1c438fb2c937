/** A mapping that no configuration makes, requests that are no Buffers, a reader used wrongly: a typed error. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadBinding, type MappingOptions } from '../../../src/decode/binding.ts';
import { makeDecoder } from './make-decoder.ts';

const misuse = { code: 'KS_ADDON_MISUSE' };
const limits = { maxMessageBytes: 1000, maxDepth: 8, encryptedOnly: 0 } as const;
const mapping: MappingOptions = {
  ...{ isText: 0, framing: 0, envelope: 0, isStrict: 1, needsObject: 0 },
  ...{ text: ['/text'], id: '/id', timestamp: '', priority: '$key' },
  ...{ includeNames: ['a'], includePointers: ['/a'] },
};
const wrong: Readonly<Record<keyof MappingOptions, readonly unknown[]>> = {
  isText: [undefined, 2, true, '1'],
  framing: [undefined, 3, '1'],
  envelope: [undefined, -1, 4, 1.5, 'connect'],
  isStrict: [undefined, -1],
  needsObject: [null, 2],
  text: [undefined, '/text', [], ['text'], ['/~2'], ['/~'], [5], Array(17).fill('/text')],
  id: [undefined, 5, 'id', '$other', '/~'],
  timestamp: [null, 'timestamp'],
  priority: [{}, 'x'],
  includeNames: [undefined, [], [5], Array(33).fill('a')],
  includePointers: [undefined, [], ['a'], ['/a', '/b']],
};

test('each option of a mapping, wrong in every way', () => {
  const { NativeReader } = loadBinding();
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const options = { ...mapping, [name]: value } as MappingOptions;
      assert.throws(() => new NativeReader(limits, options), misuse, `${name}: ${String(value)}`);
      assert.throws(() => makeDecoder({ mapping: options }), misuse);
    }
  }
  for (const value of [undefined, null, 5, {}, { ...limits, maxDepth: 0 }])
    assert.throws(() => new NativeReader(value as never, mapping), misuse);
  assert.throws(() => new NativeReader(limits, 5 as never), misuse);
});

test('a reader takes Buffers and null, and goes on after an error', () => {
  const { NativeReader } = loadBinding();
  const reader = new NativeReader(limits, mapping);
  for (const value of [undefined, 'x', 5, {}])
    assert.throws(() => reader.read(value as never, undefined), misuse);
  for (const value of [null, 'x', {}, [false, 'id']])
    assert.throws(() => reader.read(null, value as never), misuse);
  const read = reader.read(Buffer.from('{"text":"good","id":1,"a":[2]}'), [
    false,
    null,
    undefined,
    Buffer.from('low'),
  ]);
  assert.deepEqual(read, {
    ...{
      status: 0,
      isEncrypted: false,
      text: 'good',
      id: '1',
      timestamp: '',
      included: ',"a":[2]',
      priority: 'low',
    },
  });
  const { read: method } = reader;
  assert.throws(() => method.call({} as never, null, undefined), Error);
});

test('requests that results are added to: Buffers only, as many as there are slots', () => {
  const { decoder } = makeDecoder({ resultMember: 'sentiment' });
  const slots = Int32Array.of(0, 1);
  const numbers = new Float64Array(2);
  const encode = (requests: unknown) =>
    decoder.encodeResults({ topic: 't', partition: 0 }, slots, 2, numbers, numbers, 0, requests as never);
  decoder.decodeTexts(['a', 'b'], slots, 2);
  for (const requests of [undefined, null, 'x', [], [Buffer.from('{}')], [Buffer.from('{}'), '{}']])
    assert.throws(() => encode(requests), misuse);
  const { bytes, ends } = encode([Buffer.from('{}'), Buffer.from(' { "a":1 } ')]);
  for (const [start, end] of [
    [0, ends[0]],
    [ends[0], ends[1]],
  ] as [number, number][])
    assert.ok('sentiment' in JSON.parse(String(bytes.subarray(start, end))));
  const closing = [Buffer.from('{}'), Buffer.from('{}')];
  const get = (): Buffer => {
    decoder.close();
    return Buffer.from('{}');
  };
  Object.defineProperty(closing, 1, { get });
  assert.throws(() => encode(closing), misuse);
});
