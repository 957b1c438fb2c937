/** Every method × every wrong argument and every wrong time: a typed error, never a crash. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inspect } from 'node:util';
import type { Decoder, DecoderOptions } from '../../../src/decode/decoder.ts';
import { SlotTable } from '../../../src/slots.ts';
import { makeDecoder } from './make-decoder.ts';

type Call = (decoder: Decoder, wrong?: unknown) => unknown;

const misuse = { code: 'KS_ADDON_MISUSE' };
const request = () => Buffer.from('{"text":"good"}');
const source = { topic: 't', partition: 0 };
const slots = () => Int32Array.of(0, 1);
const numbers = () => new Float64Array(2);
const tensor = () => new BigInt64Array(8);

function detached<T extends ArrayBufferView>(view: T): T {
  structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] });
  return view;
}

const wrongSlots = () => [
  undefined,
  null,
  [0, 1],
  Uint32Array.of(0, 1),
  new Float32Array(2),
  Int32Array.of(0),
  Int32Array.of(0, -1),
  Int32Array.of(0, 16),
  Int32Array.of(2 ** 31 - 1, 0),
  detached(slots()),
];
const wrongCounts = () => [undefined, -1, 0.5, 3, Number.NaN, Infinity, '2', 2n, {}];
const wrongTensors = () => [
  undefined,
  new BigInt64Array(7),
  new BigInt64Array(9),
  new BigUint64Array(8),
  detached(tensor()),
];
const wrongNumbers = () => [undefined, [1, 2], new Float32Array(2), new Float64Array(1), detached(numbers())];

const table: [
  method: string,
  argument: string,
  wrong: () => unknown[],
  call: (decoder: Decoder, wrong: never) => unknown,
][] = [
  [
    'decode',
    'values',
    () => [undefined, null, 'x', {}, [request(), 'text'], [1, 2], [request(), undefined]],
    (d, v) => d.decode(v, slots(), 2),
  ],
  ['decode', 'slots', wrongSlots, (d, v) => d.decode([request(), request()], v, 2)],
  [
    'decode',
    'attached',
    () => [null, 'x', {}, [true, 'id'], [false, 5], [false, null, null, null, false, {}]],
    (d, v) => d.decode([request(), request()], slots(), 2, v),
  ],
  ['decode', 'count', wrongCounts, (d, v) => d.decode([request(), request()], slots(), v)],
  [
    'decodeTexts',
    'texts',
    () => [undefined, 'ab', ['a', 1], ['a', null], [request(), 'a']],
    (d, v) => d.decodeTexts(v, slots(), 2),
  ],
  ['decodeTexts', 'slots', wrongSlots, (d, v) => d.decodeTexts(['a', 'b'], v, 2)],
  ['decodeTexts', 'count', wrongCounts, (d, v) => d.decodeTexts(['a', 'b'], slots(), v)],
  ['tokens', 'slot', () => [undefined, -1, 16, 1.5, '0', Number.NaN], (d, v) => d.tokens(v)],
  ['pack', 'slots', wrongSlots, (d, v) => d.pack(v, 2, 4, tensor(), tensor())],
  ['pack', 'count', wrongCounts, (d, v) => d.pack(slots(), v, 4, tensor(), tensor())],
  ['pack', 'width', () => [undefined, 0, 2, 65536, 4.5], (d, v) => d.pack(slots(), 2, v, tensor(), tensor())],
  ['pack', 'ids', wrongTensors, (d, v) => d.pack(slots(), 2, 4, v, tensor())],
  ['pack', 'mask', wrongTensors, (d, v) => d.pack(slots(), 2, 4, tensor(), v)],
  ['hashIds', 'slots', wrongSlots, (d, v) => d.hashIds(v, 2, new Uint32Array(4))],
  ['hashIds', 'count', wrongCounts, (d, v) => d.hashIds(slots(), v, new Uint32Array(4))],
  [
    'hashIds',
    'hashes',
    () => [undefined, new Uint32Array(3), new Int32Array(4), detached(new Uint32Array(4))],
    (d, v) => d.hashIds(slots(), 2, v),
  ],
  ['encryptedSpans', 'slots', wrongSlots, (d, v) => d.encryptedSpans(v, 2, new Uint32Array(4))],
  ['encryptedSpans', 'count', wrongCounts, (d, v) => d.encryptedSpans(slots(), v, new Uint32Array(4))],
  [
    'encryptedSpans',
    'spans',
    () => [undefined, new Uint32Array(3), new Int32Array(4), detached(new Uint32Array(4))],
    (d, v) => d.encryptedSpans(slots(), 2, v),
  ],
  [
    'decodeDecrypted',
    'bytes',
    () => [undefined, 'text', Buffer.from('x'), new Int8Array(9), detached(new Uint8Array(9))],
    (d, v) => d.decodeDecrypted(v, Uint32Array.of(1, 2), slots(), 2),
  ],
  [
    'decodeDecrypted',
    'ends',
    () => [
      undefined,
      [1, 2],
      Uint32Array.of(1),
      Uint32Array.of(2, 1),
      Uint32Array.of(1, 3),
      Int32Array.of(1, 2),
    ],
    (d, v) => d.decodeDecrypted(Buffer.from('ab'), v, slots(), 2),
  ],
  [
    'decodeDecrypted',
    'slots',
    wrongSlots,
    (d, v) => d.decodeDecrypted(Buffer.from('ab'), Uint32Array.of(1, 2), v, 2),
  ],
  [
    'decodeDecrypted',
    'count',
    wrongCounts,
    (d, v) => d.decodeDecrypted(Buffer.from('ab'), Uint32Array.of(1, 2), slots(), v),
  ],
  [
    'encodeResults',
    'topic',
    () => [
      { topic: 5, partition: 0 },
      { partition: 0 },
      { topic: 't', partition: -1 },
      { topic: 't', partition: 2 ** 40 },
    ],
    (d, v) => d.encodeResults(v, slots(), 2, numbers(), numbers(), 0),
  ],
  ['encodeResults', 'slots', wrongSlots, (d, v) => d.encodeResults(source, v, 2, numbers(), numbers(), 0)],
  [
    'encodeResults',
    'offsets',
    () => [
      ...wrongNumbers(),
      Float64Array.of(0, -1),
      Float64Array.of(0, Number.NaN),
      Float64Array.of(0, 2 ** 60),
    ],
    (d, v) => d.encodeResults(source, slots(), 2, v, numbers(), 0),
  ],
  [
    'encodeResults',
    'latencyMs',
    wrongNumbers,
    (d, v) => d.encodeResults(source, slots(), 2, numbers(), v, 0),
  ],
  [
    'encodeResults',
    'processedAtMs',
    () => [undefined, -1, 0.5, Number.NaN, '0'],
    (d, v) => d.encodeResults(source, slots(), 2, numbers(), numbers(), v),
  ],
];

const rightCalls: Record<string, Call> = {
  hashIds: (d) => d.hashIds(slots(), 2, new Uint32Array(4)),
  encryptedSpans: (d) => d.encryptedSpans(slots(), 2, new Uint32Array(4)),
  decodeDecrypted: (d) => d.decodeDecrypted(Buffer.from('ab'), Uint32Array.of(1, 2), slots(), 2),
  decode: (d) => d.decode([request(), null], slots(), 2),
  decodeTexts: (d) => d.decodeTexts(['a', 'b'], slots(), 2),
  tokens: (d) => d.tokens(0),
  pack: (d) => d.pack(slots(), 2, 4, tensor(), tensor()),
  encodeResults: (d) => d.encodeResults(source, slots(), 2, numbers(), numbers(), 0),
};

for (const [method, argument, wrong, call] of table) {
  test(`${method}: wrong ${argument}`, () => {
    const { decoder } = makeDecoder();
    decoder.decodeTexts(['a', 'b'], slots(), 2);
    for (const value of wrong()) assert.throws(() => call(decoder, value as never), misuse, inspect(value));
    assert.doesNotThrow(() => rightCalls[method]?.(decoder), 'it goes on after an error');
  });
}

for (const [method, call] of Object.entries(rightCalls)) {
  test(`${method}: after close`, () => {
    const { decoder } = makeDecoder();
    decoder.close();
    decoder.close();
    assert.throws(() => call(decoder), { ...misuse, message: 'The decoder is closed.' });
  });
}

test('columns that were moved away or shrunk', () => {
  for (const [column, call] of [
    ['status', rightCalls['decode']],
    ['length', rightCalls['decode']],
    ['flags', rightCalls['decodeTexts']],
    ['length', rightCalls['decodeDecrypted']],
    ['label', rightCalls['encodeResults']],
    ['score', rightCalls['encodeResults']],
    ['attempts', rightCalls['encodeResults']],
  ] as [keyof SlotTable, Call][]) {
    const { decoder, table } = makeDecoder();
    detached(table[column] as Uint8Array);
    assert.throws(() => call(decoder), misuse, column);
  }
  const buffer = Reflect.construct(ArrayBuffer, [16, { maxByteLength: 16 }]) as ArrayBuffer;
  const table = Object.assign(new SlotTable(16), { status: new Uint8Array(buffer) });
  const { decoder } = makeDecoder({}, table);
  assert.equal(decoder.decode([request()], Int32Array.of(15), 1), 1);
  (buffer as ArrayBuffer & { resize(size: number): void }).resize(8);
  assert.throws(() => decoder.decode([request()], Int32Array.of(15), 1), misuse);
});

test('values whose memory is gone are empty values', () => {
  const { decoder, table } = makeDecoder();
  assert.equal(decoder.decode([detached(new Uint8Array(100))], slots(), 1), 0);
  assert.notEqual(table.status[0], 0);
});

test('a getter that closes the decoder or takes a column away during a call', () => {
  for (const attack of [
    (decoder: Decoder) => decoder.close(),
    (_: Decoder, table: SlotTable) => detached(table.status),
  ]) {
    const { decoder, table } = makeDecoder();
    const values = [request(), request()];
    const get = () => {
      attack(decoder, table);
      return request();
    };
    Object.defineProperty(values, 1, { get });
    assert.throws(() => decoder.decode(values, slots(), 2), misuse);
  }
  const { decoder } = makeDecoder();
  const values = [request()];
  Object.defineProperty(values, 0, { get: () => assert.fail('thrown by a getter') });
  assert.throws(() => decoder.decode(values, slots(), 1), { message: 'thrown by a getter' });
});

test('slots that share memory with a column that is written', () => {
  const shared = new ArrayBuffer(16);
  const table = Object.assign(new SlotTable(16), { status: new Uint8Array(shared).fill(0) });
  const { decoder } = makeDecoder({}, table);
  new Int32Array(shared).set([7, 0]);
  assert.throws(() => decoder.decode([Buffer.from('{'), request()], new Int32Array(shared), 2), misuse);
});

test('rows that hold nothing, or more than the width, are not packed', () => {
  const { decoder } = makeDecoder();
  decoder.decodeTexts(['a b c', 'b'], slots(), 2);
  assert.throws(
    () => decoder.pack(Int32Array.of(0), 1, 4, new BigInt64Array(4), new BigInt64Array(4)),
    misuse,
  );
  assert.throws(
    () => decoder.pack(Int32Array.of(7), 1, 4, new BigInt64Array(4), new BigInt64Array(4)),
    misuse,
  );
});

test('a label that the model does not have', () => {
  const { decoder, table } = makeDecoder();
  table.label[1] = 2;
  assert.throws(() => rightCalls['encodeResults']?.(decoder), misuse);
});

test('wrong options', () => {
  const wrong: Record<string, unknown[]> = {
    maxTokens: [0, 2, -1, 65536, 1.5, '128', undefined],
    maxMessageBytes: [0, 2 ** 40, Number.NaN, undefined],
    maxDepth: [0, 1025, '64', undefined],
    labels: [undefined, 'ab', ['a', 1], new Array(2 ** 32 - 1)],
    modelName: [undefined, 5],
    modelVersion: [null],
    padId: ['0', -2, 2 ** 31],
    table: [
      {},
      { capacity: 4 },
      { ...new SlotTable(4), capacity: 5 },
      { ...new SlotTable(4), status: new Int8Array(4) },
    ],
    allScores: [null, new Float64Array(32), new Float32Array(31)],
  };
  for (const [name, values] of Object.entries(wrong)) {
    for (const value of values) {
      const options = { [name]: value } as Partial<DecoderOptions>;
      assert.throws(() => makeDecoder(options), misuse, `${name} ${inspect(value)}`);
    }
  }
});
