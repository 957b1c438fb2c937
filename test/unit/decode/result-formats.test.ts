/** Results as Avro and Protobuf, read by libraries that share nothing with what wrote them: they say what JSON says. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import avro from 'avsc';
import protobuf from 'protobufjs';
import { mappingOf } from '../../../src/decode/mapping.ts';
import type { DecoderOptions } from '../../../src/decode/decoder.ts';
import { AvroSchemas } from '../../../src/registry/avro-schema.ts';
import { readAvro } from '../../../src/registry/avro-value.ts';
import { resultSchemas } from '../../../src/registry/result-schemas.ts';
import type { ResultFormat } from '../../../src/request-shape.ts';
import { SlotTable } from '../../../src/slots.ts';
import { makeDecoder } from './make-decoder.ts';

type Result = Record<string, unknown>;

const include = { user: '/user', 'odd "name"': '/tags' };
const own = ['id', 'label', 'score', 'labels', 'scores', 'model', 'model_version', 'truncated'].concat([
  ...['windows', 'stage', 'attempts', 'source', 'timestamp', 'processed_at', 'latency_ms'],
]);
const requests: readonly string[] = [
  '{"text":"good"}',
  '{"text":"good","id":"a \\"b\\" \\u00e9 \\ud83d\\ude00","timestamp":"2026-01-02T03:04:05Z"}',
  '{"text":"good","id":7,"timestamp":1700000000000,"user":{"name":"Ada","ids":[1,2.50]}}',
  '{"text":"good","id":12345678901234567890.50,"user":"Bo\\"b","tags":[]}',
  '{"text":"good","id":"","user":null,"tags":false}',
  `{"text":"good","id":"${'long'.repeat(250)}","user":"${'é'.repeat(4000)}","tags":"${'x'.repeat(127)}"}`,
];
const scores = [0.1234567, 0, 1, -2.5, 1e-7, 0.9999999];

const avroType = avro.Type.forSchema(JSON.parse(resultSchemas.avro.text));
const protobufType = protobuf
  .parse(resultSchemas.protobuf.text, { keepCase: true })
  .root.lookupType('kubesentiment.Result');

/** The results of all requests, with a schema id by label if it is given. */
function encode(
  format: ResultFormat,
  options: Partial<DecoderOptions> = {},
  schemaIds?: Uint32Array,
  label = (i: number) => i % 2,
): Buffer[] {
  const table = new SlotTable(16);
  const mapping = mappingOf(
    {
      ...({ format: 'json', envelope: 'none', text: ['/text'], strict: true } as const),
      ...{ id: '/id', timestamp: '/timestamp', priority: '' },
    },
    { shape: 'record', member: '', include },
  );
  const { decoder } = makeDecoder({ ...options, mapping, resultFormat: format }, table);
  const slots = Int32Array.from(requests, (value, offset) => {
    const message = { topic: 'té', partition: 5, offset, value: Buffer.from(value), size: value.length };
    return table.take(message, 0);
  });
  const count = slots.length;
  assert.equal(
    decoder.decode(
      requests.map((each) => Buffer.from(each)),
      slots,
      count,
    ),
    count,
  );
  for (const [i, slot] of slots.entries()) {
    table.finish(slot, label(i), scores[i] as number);
    table.attempts[slot] = i;
    options.allScores?.set(
      options.labels?.map((_, at) => scores[(i + at) % count] as number) ?? [],
      3 * slot,
    );
  }
  const offsets = Float64Array.from(slots, (_, i) => i * 1e12);
  const latency = Float64Array.from(slots, (_, i) => i * 12.34);
  const source = { topic: 'té', partition: 5 };
  const encoded = decoder.encodeResults(
    source,
    slots,
    count,
    offsets,
    latency,
    1_790_000_000_123,
    [],
    schemaIds,
  );
  const starts = [0, ...encoded.ends];
  return Array.from(encoded.ends, (end, i) => Buffer.from(encoded.bytes.subarray(starts[i], end)));
}

/** A JSON result, as the other formats say it: id and timestamp as texts, included members as JSON. */
function expected(json: Buffer, request: string): Result {
  const result = JSON.parse(String(json)) as Result;
  const parsed = JSON.parse(request) as Result;
  const idText = typeof parsed['id'] === 'number' ? /"id":([\d.]+)/.exec(request)?.[1] : result['id'];
  const rest = Object.keys(result).filter((name) => !own.includes(name));
  const textOf = (name: string): string => {
    const [before = '', ...after] = String(json).split(`${JSON.stringify(name)}:`);
    assert.ok(before.length > 0);
    return JSON.stringify(JSON.parse(balanced(after.join(`${JSON.stringify(name)}:`))));
  };
  return {
    ...Object.fromEntries(own.flatMap((name) => (name in result ? [[name, result[name]]] : []))),
    id: idText,
    ...('timestamp' in result ? { timestamp: String(result['timestamp']) } : {}),
    included: Object.fromEntries(rest.map((name) => [name, textOf(name)])),
  };
}

/** The longest start of `text` that is JSON: the value of a member, of which more may follow. */
function balanced(text: string): string {
  for (let end = text.length; end > 0; end--) {
    if (!',}'.includes(text[end] ?? '}')) continue;
    try {
      JSON.parse(text.slice(0, end));
      return text.slice(0, end);
    } catch {
      // Too long.
    }
  }
  return assert.fail('no JSON');
}

/** Members without a value are left out, as JSON does; included ones are written in one way. */
function tidy(result: Result): Result {
  const { included, ...rest } = JSON.parse(JSON.stringify(result)) as { included: Record<string, string> };
  const entries = Object.entries(included).map(([name, value]) => [name, JSON.stringify(JSON.parse(value))]);
  const present = Object.entries(rest).filter(([, value]) => value !== null);
  return { ...Object.fromEntries(present), included: Object.fromEntries(entries) };
}

const readAvsc = (value: Buffer): Result => tidy(avroType.fromBuffer(value));
const readOwn = (value: Buffer): Result =>
  tidy(readAvro(new AvroSchemas().read(resultSchemas.avro.text), value) as Result);
const readProtobuf = (value: Buffer): Result => {
  const message = protobufType.decode(value);
  const result = protobufType.toObject(message, { longs: Number, defaults: true });
  // Protobuf does not tell an empty list or map from none; `optional` does.
  for (const name of ['labels', 'scores']) if (Object.keys(result[name]).length === 0) delete result[name];
  if (!Object.hasOwn(message, 'timestamp')) delete result['timestamp'];
  return tidy(result);
};

const three = { labels: ['N', 'ünsure "?"', 'P'] };
const variants: [name: string, options: () => Partial<DecoderOptions>][] = [
  ['one score', () => ({})],
  ['a stage of a cascade', () => ({ stage: 2 })],
  ['all scores', () => ({ ...three, allScores: new Float32Array(48) })],
  ['several labels', () => ({ ...three, allScores: new Float32Array(48), threshold: 0.5 })],
];

for (const [name, options] of variants) {
  test(`${name}: avsc, protobufjs and our own reader see what JSON says`, () => {
    const json = encode('json', options()).map((value, i) => expected(value, requests[i] as string));
    assert.deepEqual(encode('avro', options()).map(readAvsc), json);
    assert.deepEqual(encode('avro', options()).map(readOwn), json);
    const visible = json.map(({ labels = [], ...rest }) =>
      (labels as []).length > 0 ? { ...rest, labels } : rest,
    );
    assert.deepEqual(encode('protobuf', options()).map(readProtobuf), visible);
  });
}

test('the label decides about the schema in the frame; json_schema is JSON behind it', () => {
  const ids = Uint32Array.of(7, 0x12345678);
  const frames = [
    [0, 0, 0, 0, 7],
    [0, 0x12, 0x34, 0x56, 0x78],
  ];
  for (const format of ['avro', 'protobuf', 'json_schema'] as const) {
    const plain = encode(format);
    for (const [i, value] of encode(format, {}, ids).entries()) {
      const frame = [...(frames[i % 2] as number[]), ...(format === 'protobuf' ? [0] : [])];
      assert.deepEqual([...value.subarray(0, frame.length)], frame);
      assert.deepEqual(value.subarray(frame.length), plain[i]);
    }
  }
  assert.deepEqual(encode('json_schema'), encode('json'));
});

test('an uncertain label has a name and a schema, too', () => {
  const [value] = encode('avro', { uncertainLabel: 'UNCERTAIN' }, Uint32Array.of(1, 2, 3), () => 2) as [
    Buffer,
  ];
  assert.equal(value.readUInt32BE(1), 3);
  assert.equal(readAvsc(value.subarray(5))['label'], 'UNCERTAIN');
});

test('schema ids for fewer labels than there are, or of another type, are misuse', () => {
  for (const wrong of [Uint32Array.of(1), Int32Array.of(1, 2), [1, 2], null])
    assert.throws(() => encode('avro', {}, wrong as Uint32Array), { code: 'KS_ADDON_MISUSE' });
});

test('the JSON Schema names what a result has, and requires what it always has', () => {
  const schema = JSON.parse(resultSchemas.json_schema.text) as {
    properties: Record<string, { type?: string; anyOf?: readonly { type: string }[] }>;
    required: string[];
  };
  assert.deepEqual(Object.keys(schema.properties), own);
  const optional = own.filter((name) => !schema.required.includes(name));
  assert.deepEqual(optional, ['labels', 'scores', 'windows', 'stage', 'timestamp']);
  for (const value of encode('json', { ...three, allScores: new Float32Array(48), threshold: 0.5 })) {
    const result = JSON.parse(String(value)) as Result;
    for (const name of schema.required) assert.ok(name in result, name);
    for (const [name, { type, anyOf = [{ type }] }] of Object.entries(schema.properties)) {
      if (!(name in result)) continue;
      const wanted = anyOf.map((each) => String(each.type));
      assert.ok(wanted.includes(kindOf(result[name], wanted)), name);
    }
  }
});

function kindOf(value: unknown, wanted: readonly string[]): string {
  if (Array.isArray(value)) return 'array';
  if (wanted.includes('integer') && Number.isInteger(value)) return 'integer';
  return typeof value;
}
