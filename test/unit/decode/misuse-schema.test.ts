/** Programs of schemas that no compiler makes: a typed error, and never more than a refused value. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadBinding, type NativeReader } from '../../../src/decode/binding.ts';
import { mappingOf } from '../../../src/decode/mapping.ts';
import type { RequestShape } from '../../../src/request-shape.ts';
import { makeDecoder } from './make-decoder.ts';

const misuse = { code: 'KS_ADDON_MISUSE' };
const ID = Buffer.from([0, 0, 0, 0, 1]);
const request: RequestShape = {
  ...{
    format: 'auto',
    envelope: 'none',
    text: ['/text'],
    id: '/id',
    timestamp: '',
    priority: '',
    strict: false,
  },
};
const limits = { maxMessageBytes: 1000, maxDepth: 8, encryptedOnly: 0 } as const;

function reader(): NativeReader {
  const { NativeReader } = loadBinding();
  return new NativeReader(limits, mappingOf(request, { shape: 'record', member: '', include: {} }));
}

test('each argument, wrong in every way', () => {
  const right = [ID, 1, 0, Int32Array.of(0), ['a']] as const;
  const wrong: readonly (readonly unknown[])[] = [
    [undefined, 'id', Buffer.alloc(4), new Int32Array(5)],
    [undefined, -1, 4, 1.5],
    [null, -1, 255],
    [undefined, [0], new Int32Array(), Int32Array.of(99), Int32Array.of(-1), Int32Array.of(8)],
    [undefined, 'a', [5]],
  ];
  const { decoder } = makeDecoder();
  for (const port of [reader(), decoder.schemas()]) {
    port.setSchema(...right);
    for (const [i, values] of wrong.entries()) {
      for (const value of values) {
        const args = [...right.slice(0, i), value, ...right.slice(i + 1)];
        assert.throws(
          () => port.setSchema(...(args as unknown as typeof right)),
          misuse,
          `${i}: ${String(value)}`,
        );
      }
    }
    assert.throws(() => port.removeSchema(Buffer.alloc(1)), misuse);
    port.removeSchema(ID);
  }
});

test('a random program is refused, or reads random values without harm', () => {
  const port = reader();
  let accepted = 0;
  fc.assert(
    fc.property(
      fc.constantFrom(1, 2),
      fc.array(fc.integer({ min: -1, max: 26 }), { minLength: 1, maxLength: 24 }),
      fc.uint8Array({ maxLength: 40 }),
      (format, code, value) => {
        try {
          port.setSchema(ID, format, 0, Int32Array.from(code), ['"a"', '0', '']);
        } catch (error) {
          assert.equal((error as { code: string }).code, misuse.code);
          return;
        }
        accepted++;
        const { status } = port.read(Buffer.concat([ID, value]), undefined);
        assert.ok(status < 255);
      },
    ),
    { numRuns: 20_000, examples: [[1, [24, 0, 0, 0, 0, 6, 7], new Uint8Array([2, 97])]] },
  );
  assert.ok(accepted > 100, `only ${accepted} were accepted`);
});
