/** Values of topics whose requests look different, in one call of the decoder. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Attached } from '../../../src/decode/attached.ts';
import { Decoder } from '../../../src/decode/decoder.ts';
import { mappingOf } from '../../../src/decode/mapping.ts';
import type { RequestShape } from '../../../src/request-shape.ts';
import { makeDecoder } from './make-decoder.ts';

const json: RequestShape = {
  ...{ format: 'json', envelope: 'none', text: ['/text'], id: '/id', timestamp: '', priority: '' },
  strict: false,
} as const;
const chat: RequestShape = { ...json, text: ['/message'], id: '$key' };
const line: RequestShape = { ...json, format: 'text', id: '' };
const avro: RequestShape = { ...json, format: 'avro' };
const result = { shape: 'record', member: '', include: {} } as const;
const shapesOf = (...requests: RequestShape[]) => {
  const [mapping, ...otherMappings] = requests.map((request) => mappingOf(request, result));
  return makeDecoder({ mapping, otherMappings });
};
const misuse = { code: 'KS_ADDON_MISUSE' };

test('each value is read as its shape says', () => {
  const { decoder, table } = shapesOf(json, chat, line);
  const value = Buffer.from('{"text":"good","message":"a bad film","id":7}');
  const slots = Int32Array.of(0, 1, 2, 3);
  const attached = Attached.of(json, chat, line);
  const shapes = Uint8Array.of(0, 1, 2, 0);
  for (const [i, shape] of shapes.entries())
    attached?.set(i, { topic: '', partition: 0, offset: 0, value, size: 0, key: Buffer.from('k') }, shape);
  assert.equal(decoder.decode([value, value, value, value], slots, 4, attached?.parts, shapes), 4);
  const alone = makeDecoder();
  alone.decoder.decodeTexts(['good', 'a bad film', String(value), 'good'], slots, 4);
  for (const slot of slots) assert.deepEqual(decoder.tokens(slot), alone.decoder.tokens(slot));
  const { bytes } = decoder.encodeResults(
    ...([{ topic: 't', partition: 0 }, slots, 4, new Float64Array(4), new Float64Array(4), 0] as const),
  );
  assert.deepEqual(
    Array.from(String(bytes).matchAll(/"id":("[^"]*"|\d+)/g), ([, id]) => id),
    ['7', '"k"', '"t-0-0"', '7'],
  );
  assert.equal(table.status[1], 0);
});

test('without shapes every value has the first one', () => {
  const { decoder } = shapesOf(line, chat);
  assert.equal(decoder.decode([Buffer.from('no JSON')], Int32Array.of(0), 1), 1);
  assert.equal(decoder.decode([Buffer.from('no JSON')], Int32Array.of(0), 1, undefined, Uint8Array.of(1)), 0);
});

test('a schema is known to the shape that it was given to', () => {
  const { decoder, table } = shapesOf(avro, avro);
  const id = Uint8Array.of(0, 0, 0, 0, 9);
  decoder.schemas(1).setSchema(id, 3, Decoder.schemaStatus.unknown, new Int32Array(), []);
  const values = [Buffer.from(id), Buffer.from(id)];
  decoder.decode(values, Int32Array.of(0, 1), 2, undefined, Uint8Array.of(0, 1));
  const { wanted, unknown } = Decoder.schemaStatus;
  assert.deepEqual([...table.status.subarray(0, 2)], [wanted, unknown]);
  decoder.schemas(1).removeSchema(id);
  decoder.decode(values, Int32Array.of(0, 1), 2, undefined, Uint8Array.of(0, 1));
  assert.deepEqual([...table.status.subarray(0, 2)], [wanted, wanted]);
});

test('a shape that does not exist is refused, wherever it is named', () => {
  const { decoder } = shapesOf(json, chat);
  const decode = (shapes: unknown) =>
    decoder.decode([Buffer.from('{}')], Int32Array.of(0), 1, undefined, shapes as Uint8Array);
  for (const wrong of [Uint8Array.of(2), new Uint8Array(0), Float64Array.of(0), [0], 1])
    assert.throws(() => decode(wrong), misuse);
  const program = [Uint8Array.of(0, 0, 0, 0, 9), 0, 0, new Int32Array(), []] as const;
  for (const wrong of [2, -1, 0.5, '1' as never]) {
    assert.throws(() => decoder.schemas(wrong).setSchema(...program), misuse);
    assert.throws(() => decoder.schemas(wrong).removeSchema(program[0]), misuse);
  }
  for (const otherMappings of [1, [1], new Array(256).fill(mappingOf(json, result))] as never[])
    assert.throws(() => makeDecoder({ otherMappings }), misuse);
  assert.equal(decode(Uint8Array.of(1)), 0);
});
