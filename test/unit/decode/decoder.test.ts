import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { Flag, SlotTable } from '../../../src/slots.ts';
import { makeDecoder } from './make-decoder.ts';

const source = { topic: 'requests', partition: 2 };

function decodeOne(request: object, slot = 0) {
  const made = makeDecoder();
  assert.equal(made.decoder.decode([Buffer.from(JSON.stringify(request))], Int32Array.of(slot), 1), 1);
  return made;
}

test('priority and truncation are flags of the slot', () => {
  for (const [priority, flags] of [
    ['high', Flag.priorityHigh],
    ['low', Flag.priorityLow],
    ['medium', 0],
    ['urgent', 0],
  ] as const) {
    assert.equal(decodeOne({ text: 'good', priority }, 4).table.flags[4], flags);
  }
  const long = decodeOne({ text: 'good '.repeat(200), priority: 'low' });
  assert.equal(long.table.flags[0], Flag.truncated | Flag.priorityLow);
});

test('tokens that are not in the vocabulary are counted, in windows too, and a later text starts anew', () => {
  const { decoder, table } = makeDecoder();
  decoder.decodeTexts(['good \u{1f600} film \u2603', 'good'], Int32Array.of(3, 4), 2);
  assert.deepEqual([table.length[3], table.unknown[3], table.unknown[4]], [6, 2, 0]);
  decoder.decodeTexts(['film'], Int32Array.of(3), 1);
  assert.equal(table.unknown[3], 0);
  decoder.decode([Buffer.from('{"text":"\u2603"}'), Buffer.from('{"text":')], Int32Array.of(3, 3), 2);
  assert.equal(table.unknown[3], 0, 'of a value that is not JSON');
  const windows = makeDecoder({ windowOverlap: 4 });
  windows.decoder.decodeTexts(['\u2603 good '.repeat(200)], Int32Array.of(0), 1);
  assert.ok((windows.table.windows[0] as number) > 1);
  assert.equal(windows.table.unknown[0], 200);
});

test('rows are padded to the width, with a mask', () => {
  const { decoder } = makeDecoder();
  decoder.decodeTexts(['good', 'very good film', ''], Int32Array.of(9, 1, 5), 3);
  const ids = new BigInt64Array(15);
  const mask = new BigInt64Array(15);
  decoder.pack(Int32Array.of(1, 5, 9), 3, 5, ids, mask);
  assert.deepEqual(
    [...ids].map(Number),
    [101, 2200, 2204, 2143, 102, 101, 102, 0, 0, 0, 101, 2204, 102, 0, 0],
  );
  assert.deepEqual([...mask].map(Number), [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1, 0, 0]);
});

test('rows are padded on the left if that is said', () => {
  const { decoder } = makeDecoder({ padId: 7, padSide: 'left' });
  decoder.decodeTexts(['good'], Int32Array.of(0), 1);
  const ids = new BigInt64Array(5);
  const mask = new BigInt64Array(5);
  decoder.pack(Int32Array.of(0), 1, 5, ids, mask);
  assert.deepEqual([...ids].map(Number), [7, 7, 101, 2204, 102]);
  assert.deepEqual([...mask].map(Number), [0, 0, 1, 1, 1]);
});

test('a result names all labels above the threshold, and the label of an uncertain text', () => {
  const table = new SlotTable(16);
  const allScores = new Float32Array(3 * table.capacity);
  const labels = ['joy', 'anger', 'fear'];
  const { decoder } = makeDecoder({ labels, threshold: 0.5, uncertainLabel: 'NONE', allScores }, table);
  decoder.decode([Buffer.from('{"text":"good"}'), Buffer.from('{"text":"bad"}')], Int32Array.of(0, 1), 2);
  allScores.set([0.75, 0.5, 0.625, 0.25, 0.125, 0]);
  table.label.set([0, 3]);
  table.score.set([0.75, 0.25]);
  table.attempts.fill(1);
  const two = new Float64Array(2);
  const { bytes, ends } = decoder.encodeResults(source, Int32Array.of(0, 1), 2, two, two, 0);
  const results = [bytes.subarray(0, ends[0]), bytes.subarray(ends[0], ends[1])].map((json) => {
    const { label, score, labels: above, scores } = JSON.parse(json.toString());
    return { label, score, above, scores };
  });
  assert.deepEqual(results, [
    { label: 'joy', score: 0.75, above: ['joy', 'fear'], scores: { joy: 0.75, anger: 0.5, fear: 0.625 } },
    { label: 'NONE', score: 0.25, above: [], scores: { joy: 0.25, anger: 0.125, fear: 0 } },
  ]);
});

test('ids and mask may lie inside a larger buffer', () => {
  const { decoder } = makeDecoder({ padId: 7 });
  decoder.decodeTexts(['good'], Int32Array.of(0), 1);
  const buffer = new ArrayBuffer(8 * 12);
  const ids = new BigInt64Array(buffer, 8, 4);
  const mask = new BigInt64Array(buffer, 48, 4);
  decoder.pack(Int32Array.of(0), 1, 4, ids, mask);
  assert.deepEqual([...new BigInt64Array(buffer)].map(Number), [0, 101, 2204, 102, 7, 0, 1, 1, 1, 0, 0, 0]);
});

test('results carry what the request and the table say', () => {
  const { decoder, table } = makeDecoder();
  const requests = [
    { text: 'good', id: 'a"b\n', timestamp: '2026-11-23T10:00:00Z' },
    { text: 'bad', id: 17, timestamp: 1700000000000 },
    { text: 'good '.repeat(200) },
  ];
  const slots = Int32Array.of(3, 0, 8);
  decoder.decode(
    requests.map((request) => Buffer.from(JSON.stringify(request))),
    slots,
    3,
  );
  for (const slot of slots) {
    table.label[slot] = slot === 0 ? 0 : 1;
    table.score[slot] = 0.9876543;
    table.attempts[slot] = 1;
  }
  const { bytes, ends } = decoder.encodeResults(
    source,
    slots,
    3,
    Float64Array.of(10, 11, 2 ** 53 - 1),
    Float64Array.of(0, 1.25, 20.04),
    1_790_000_000_123,
  );
  assert.equal(ends.length, 3);
  assert.equal(ends[2], bytes.length);
  const records = [...ends].map((end, i) =>
    JSON.parse(bytes.toString('utf8', i === 0 ? 0 : ends[i - 1], end)),
  );
  const common = {
    score: 0.987654,
    model: 'model',
    model_version: '0123456789ab',
    attempts: 1,
    processed_at: 1_790_000_000_123,
  };
  const from = (offset: number) => ({ ...source, offset });
  assert.deepEqual(records, [
    {
      ...common,
      id: 'a"b\n',
      label: 'POSITIVE',
      truncated: false,
      source: from(10),
      timestamp: '2026-11-23T10:00:00Z',
      latency_ms: 0,
    },
    {
      ...common,
      id: 17,
      label: 'NEGATIVE',
      truncated: false,
      source: from(11),
      timestamp: 1700000000000,
      latency_ms: 1.3,
    },
    {
      ...common,
      id: `requests-2-${2 ** 53 - 1}`,
      label: 'POSITIVE',
      truncated: true,
      source: from(2 ** 53 - 1),
      latency_ms: 20,
    },
  ]);
});

test('with all scores, results have one for each label', () => {
  const allScores = new Float32Array(32);
  const { decoder } = makeDecoder({ allScores });
  decoder.decodeTexts(['good'], Int32Array.of(2), 1);
  allScores.set([0.25, 0.75], 4);
  const { bytes } = decoder.encodeResults(
    source,
    Int32Array.of(2),
    1,
    Float64Array.of(0),
    Float64Array.of(0),
    0,
  );
  assert.deepEqual(JSON.parse(bytes.toString()).scores, { NEGATIVE: 0.25, POSITIVE: 0.75 });
});

test('the buffer of the results grows as needed and is used again', () => {
  const table = new SlotTable(2000);
  const { decoder } = makeDecoder({}, table);
  const slots = Int32Array.from({ length: 2000 }, (_, i) => i);
  decoder.decode(
    Array.from(slots, (i) => Buffer.from(JSON.stringify({ text: 'a', id: `${i}`.repeat(100) }))),
    slots,
    2000,
  );
  const numbers = new Float64Array(2000);
  const first = decoder.encodeResults(source, slots, 2000, numbers, numbers, 0);
  assert.equal(first.ends.length, 2000);
  assert.equal(
    JSON.parse(first.bytes.toString('utf8', first.ends[1998], first.ends[1999])).id,
    '1999'.repeat(100),
  );
  const second = decoder.encodeResults(source, slots, 1, numbers, numbers, 0);
  assert.equal(second.bytes.buffer, first.bytes.buffer);
  assert.equal(second.ends[0], second.bytes.length);
});

test('a tokenizer that cannot be used is refused with path, position and name', () => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-tokenizer-'));
  const path = join(folder, 'tokenizer.json');
  const load = () => makeDecoder({ tokenizerPath: path });
  try {
    assert.throws(load, { code: 'KS_MODEL_NOT_FOUND', message: `Cannot read ${path}.` });
    writeFileSync(path, '{"model":{"type":"Fancy"}}');
    assert.throws(load, {
      code: 'KS_MODEL_UNSUPPORTED',
      message: `${path}: model.type "Fancy" is not implemented.`,
    });
    writeFileSync(path, '{"model":');
    assert.throws(load, {
      code: 'KS_MODEL_INVALID',
      message: `${path}: the file is not a valid JSON object.`,
    });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
