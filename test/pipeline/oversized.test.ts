/** Records that their topic does not take: each is found by itself, and holds up nothing else. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { OutgoingRecord } from '../../src/types.ts';
import { headerOf, originOf } from './audit.ts';
import { createBroker, deadLetterTypes, faultsOf, Member, textOf, topics, until } from './rig.ts';

const BYTES_MAX = 20_000;

function bytesOf({ key, value, headers }: OutgoingRecord): number {
  const ofHeaders = headers.flatMap((header) => Object.values(header));
  return [key, value, ...ofHeaders].reduce((sum, part) => sum + Buffer.byteLength(part ?? ''), 0);
}

const large = Buffer.alloc(BYTES_MAX, 'x');
const text = (i: number): Buffer => Buffer.from(JSON.stringify({ text: textOf(i) }));

for (const delivery of ['exactly_once', 'at_least_once'] as const) {
  for (const by of ['broker', 'producer'] as const) {
    test(`${delivery}: of what the ${by} refuses headers, then other parts are left out`, async () => {
      const broker = createBroker(3, delivery === 'exactly_once');
      for (let i = 0; i < 300; i++) {
        const request = { partition: i % 3, value: text(i) };
        if (i === 100) broker.request(topics.requests, { ...request, headers: [{ blob: large }] });
        else if (i === 170) broker.request(topics.requests, { ...request, key: large });
        else if (i === 201) broker.request(topics.requests, { partition: 0, value: large });
        else if (i === 202)
          broker.request(topics.requests, {
            partition: 1,
            value: large,
            key: large,
            headers: [{ blob: large }],
          });
        else broker.request(topics.requests, { ...request, headers: [{ small: 'kept' }] });
      }
      const refuses = (record: OutgoingRecord) => (bytesOf(record) > BYTES_MAX ? by : undefined);
      const member = new Member(broker, { settings: { 'kafka.delivery': delivery }, refuses }).start();
      await until('all is done', () => broker.audit.answered === 300);
      await member.stop();

      assert.deepEqual(member.fatal, []);
      if (delivery === 'exactly_once') assert.deepEqual(faultsOf(broker), []);
      const letters = new Map(
        broker.all(topics.deadLetters).map((letter) => {
          const { partition, offset } = originOf(letter);
          return [`${partition}/${offset}`, letter];
        }),
      );
      assert.equal(letters.size, 3);
      assert.deepEqual([...new Set(deadLetterTypes(broker))].sort(), ['invalid_json', 'produce_failed']);
      const key = letters.get('2/56');
      assert.equal(headerOf(key?.headers ?? [], 'x-stage'), 'publish');
      assert.equal(headerOf(key?.headers ?? [], 'x-key-omitted-bytes'), String(BYTES_MAX));
      assert.equal(key?.key, null);
      assert.deepEqual(key?.value, text(170));
      assert.equal(headerOf(letters.get('0/67')?.headers ?? [], 'x-value-omitted-bytes'), String(BYTES_MAX));
      const bare = letters.get('1/67');
      for (const part of ['headers', 'value', 'key'])
        assert.notEqual(headerOf(bare?.headers ?? [], `x-${part}-omitted-bytes`), undefined, part);
      const isWithout = ({ headers }: OutgoingRecord) => headerOf(headers, 'x-headers-omitted') !== undefined;
      const results = broker.all(topics.results);
      assert.ok(results.length >= 297);
      for (const { headers } of results.filter((record) => !isWithout(record)))
        assert.equal(headerOf(headers, 'small'), 'kept');
      const [without, ...repeated] = results.filter(isWithout).map((record) => ({
        origin: originOf(record),
        headers: record.headers.slice(0, -1),
      }));
      const omitted = String(BYTES_MAX + 'blob'.length);
      assert.deepEqual(without?.headers, [{ 'x-headers-omitted': omitted }]);
      assert.deepEqual([without?.origin.partition, without?.origin.offset], [1, 33]);
      if (delivery === 'exactly_once') assert.deepEqual(repeated, []);
    });
  }
}

test('a topic that takes no result at all makes no dead letters of them', async () => {
  const broker = createBroker(1);
  const headers = [{ long: 'h'.repeat(2_000) }];
  for (let i = 0; i < 20; i++)
    broker.request(topics.requests, { partition: 0, value: text(i), ...(i === 0 && { headers }) });
  let isClosed = true;
  const refuses = (record: OutgoingRecord) =>
    isClosed && record.topic === topics.results ? ('broker' as const) : undefined;
  const member = new Member(broker, { refuses }).start();
  await until('it has given up', () => (member.session.pipeline?.failedCycles ?? 0) >= 3);
  assert.equal(broker.audit.answered, 0);
  isClosed = false;
  await until('all is done', () => broker.audit.answered === 20);
  await member.stop();
  assert.deepEqual(broker.all(topics.deadLetters), []);
  assert.deepEqual(faultsOf(broker), []);
  const first = broker.all(topics.results).find((record) => originOf(record).offset === 0);
  assert.deepEqual(first?.headers[0], headers[0], 'they were not the reason');
});
