import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Decoder } from '../../../src/decode/decoder.ts';
import { DeadLetterQueue } from '../../../src/publish/dead-letter-queue.ts';
import { Records } from '../../../src/publish/records.ts';
import { SlotTable } from '../../../src/slots.ts';
import type { ErrorType, OutgoingRecord, SourceMessage } from '../../../src/types.ts';

type Outcome = 'result' | 'deadLetter' | 'duplicate';

/** Rows of one partition, and the records that leave for them. */
function recordsOf(
  rows: readonly (Partial<SourceMessage> & {
    outcome: Outcome;
    status?: number;
    errorType?: ErrorType;
    label?: number;
    edition?: number;
  })[],
  {
    deadLetters = true,
    partition = 5,
    routes = [] as (string | undefined)[],
    schemaIds = undefined as Uint32Array | undefined,
  } = {},
): { records: OutgoingRecord[]; encoded: number[]; schemaIds: Uint32Array | undefined } {
  const table = new SlotTable(8);
  const encoded: number[] = [];
  let given: Uint32Array | undefined;
  const slots = rows.map(
    ({ outcome, status = 0, errorType = 'internal', label = 0, edition = 1, ...message }, offset) => {
      const slot = table.take({ topic: 't', partition, offset, value: null, size: 0, ...message }, 0);
      Object.assign(table.status, { [slot]: status });
      table.edition[slot] = edition;
      if (outcome === 'result') table.finish(slot, label, 1);
      else if (outcome === 'duplicate') table.passOver(slot);
      else table.reject(slot, errorType);
      return slot;
    },
  );
  const decoderOf = (edition: number): Pick<Decoder, 'encodeResults'> => ({
    encodeResults: (_source, _slots, count, offsets, _latencyMs, _now, _requests, ids) => {
      given = ids;
      encoded.push(...offsets.subarray(0, count));
      const text = edition === 1 ? 'abcdefghij' : 'ABCDEFGHIJ';
      return {
        bytes: Buffer.from(text),
        ends: Uint32Array.from({ length: count }, (_, i) => 2 * (i + 1)),
      };
    },
  });
  const records = new Records({
    table,
    writerOf: (edition) => ({ decoder: decoderOf(edition), routes, schemaIds }),
    producer: { partitionCount: (topic) => (topic === 'results' ? 3 : 2) },
    resultsTopic: 'results',
    group: 'blue',
    deadLetters: deadLetters ? new DeadLetterQueue({ topic: 'dead' }) : undefined,
    slotsMax: 8,
  });
  const source = { topic: 't', partition };
  const outgoing = [...records.of(source, Int32Array.from(slots), slots.length)];
  return { records: outgoing, encoded, schemaIds: given };
}

const result = { outcome: 'result' } as const;

test('results take key and headers along, and name their group; without a key the source partition chooses', () => {
  const headers = [{ traceparent: '00' }, { 'x-consumer-group': 'of the request' }];
  const own = { 'x-consumer-group': 'blue' };
  const { records, encoded } = recordsOf([{ ...result, key: 'k', headers }, result]);
  assert.deepEqual(encoded, [0, 1]);
  assert.deepEqual(records, [
    { topic: 'results', partition: -1, value: Buffer.from('ab'), key: 'k', headers: [headers[0], own] },
    { topic: 'results', partition: 2, value: Buffer.from('cd'), key: null, headers: [own] },
  ]);
});

test('the header with the schema of the request is not one of its result', () => {
  const schema = { __value_schema_id: Buffer.from([0, 0, 0, 0, 7]) };
  const ofKey = { __key_schema_id: Buffer.from([0, 0, 0, 0, 8]) };
  const { records } = recordsOf([{ ...result, key: 'k', headers: [schema, ofKey] }]);
  assert.deepEqual(records[0]?.headers, [ofKey, { 'x-consumer-group': 'blue' }]);
});

test('the ids of schemas go to the encoder, by label', () => {
  const schemaIds = Uint32Array.of(3, 4);
  assert.equal(recordsOf([result], { schemaIds }).schemaIds, schemaIds);
  assert.equal(recordsOf([result]).schemaIds, undefined);
});

test('results of several editions of the model are written by each of them at once, and the order is kept', () => {
  const of = (edition: number) => ({ ...result, edition });
  const { records, encoded } = recordsOf([of(1), of(1), of(2), of(1), of(2), of(2)]);
  assert.deepEqual(encoded, [0, 1, 3, 2, 4, 5]);
  assert.deepEqual(
    records.map(({ value }) => String(value)),
    ['ab', 'cd', 'AB', 'ef', 'CD', 'EF'],
  );
});

test('the label decides about the topic; without a key the source partition chooses in each of them', () => {
  const labelled = (label: number, key?: string) => ({ ...result, label, ...(key && { key }) });
  const rows = [labelled(0), labelled(1), labelled(2), labelled(1, 'k'), labelled(9)];
  const { records, encoded } = recordsOf(rows, { routes: [undefined, 'alerts', 'results'] });
  assert.deepEqual(encoded, [0, 1, 2, 3, 4]);
  assert.deepEqual(
    records.map(({ topic, partition, value }) => [topic, partition, String(value)]),
    [
      ['results', 2, 'ab'],
      ['alerts', 1, 'cd'],
      ['results', 2, 'ef'],
      ['alerts', -1, 'gh'],
      ['results', 2, 'ij'],
    ],
  );
});

test('an empty key is a key', () => {
  const { records } = recordsOf([{ ...result, key: Buffer.alloc(0) }]);
  assert.equal(records[0]?.partition, -1);
});

test('failures become dead letters that say where and why; duplicates leave nothing', () => {
  const { records, encoded } = recordsOf([
    { outcome: 'deadLetter', status: 4, errorType: 'invalid_json' },
    result,
    { outcome: 'duplicate' },
    { outcome: 'deadLetter', errorType: 'timeout' },
  ]);
  assert.deepEqual(encoded, [1]);
  const said = records
    .filter(({ topic }) => topic === 'dead')
    .map(({ headers }) => Object.assign({}, ...headers) as Record<string, string>)
    .map((all) => [all['x-error-type'], all['x-stage'], all['kafka_dlt-exception-message']]);
  assert.deepEqual(said, [
    ['invalid_json', 'decode', Decoder.describe(4).message],
    ['timeout', 'infer', 'The model did not finish this message in time, even on its own.'],
  ]);
});

test('without a dead-letter topic failures leave nothing', () => {
  const { records } = recordsOf([{ outcome: 'deadLetter' }, result], { deadLetters: false });
  assert.deepEqual(
    records.map(({ topic }) => topic),
    ['results'],
  );
});
