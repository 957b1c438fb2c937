import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type PeerSummary, summaryOf } from '../../../../src/http/peers/peer-summary.ts';
import { compared, type PeerRow } from '../../../../src/http/peers/peers-report.ts';
import { details } from './fixture.ts';

function row(id: string, overrides: object = {}, more: Partial<PeerRow> = {}): PeerRow {
  const figures = summaryOf(details(id, overrides)) as PeerSummary;
  const url = `http://${id}:8000/`;
  return { self: false, url, status: 'ok', reason: null, age_s: 0, figures, ...more };
}
const self = row('self', {}, { self: true, url: null });
const load = (throughputTps: number, processingP99Ms: number | null) => ({
  load: { throughputTps, processingP99Ms, inflightMessages: 5 },
});

test('rates are added, of times there is the highest; who does not answer does not count', () => {
  const { total, differences } = compared([
    self,
    row('a', load(100.5, 90)),
    row('b', load(10, null)),
    row('c', load(1_000, 5_000), { status: 'no_answer', reason: 'Gone.', age_s: 60 }),
    row('d', load(1_000, 5_000), { status: 'asking', age_s: 60 }),
    { ...row('e'), status: 'asking', figures: null },
  ]);
  assert.deepEqual(total, {
    processes: 3,
    ...{ throughput_tps: 160.5, processing_p99_ms: 90, inflight_messages: 17 },
    ...{ lag_messages: 21, lag_s: 1.5, partitions: 6, paused_partitions: 3 },
  });
  assert.deepEqual(differences, []);
});

test('another group is named, and not added', () => {
  const { total, differences } = compared([self, row('a', { consumerGroup: 'trial' })]);
  assert.deepEqual([total.processes, total.throughput_tps], [1, 50]);
  assert.deepEqual(differences, [
    {
      what: 'group',
      values: [
        { value: 'group', processes: ['host-self'] },
        { value: 'trial', processes: ['host-a (a:8000)'] },
      ],
    },
  ]);
});

test('an upgrade under way is named: version, model, configuration', () => {
  const { differences } = compared([
    self,
    row('a', { build: { version: '1.0.0', model: 'default', modelVersion: 'def' } }),
    row('b', { configFingerprint: 'f2' }),
    row('c', { build: { version: '2.0.0', model: 'default', modelVersion: 'abc' }, configFingerprint: 'f3' }),
    row('d', { build: { version: '2.0.0', model: 'default', modelVersion: 'abc' }, configFingerprint: 'f3' }),
  ]);
  assert.deepEqual(
    differences.map(({ what, values }) => [
      what,
      values.map(({ value, processes }) => [value, processes.length]),
    ]),
    [
      [
        'version',
        [
          ['1.0.0', 3],
          ['2.0.0', 2],
        ],
      ],
      [
        'model',
        [
          ['default (abc)', 4],
          ['default (def)', 1],
        ],
      ],
      // Those of version 2.0.0 have the same, and cannot be compared with the others.
      [
        'configuration',
        [
          ['f1', 2],
          ['f2', 1],
        ],
      ],
    ],
  );
});

test('who says nothing of it differs in nothing', () => {
  const silent = row('a', { consumerGroup: undefined, build: {}, configFingerprint: undefined });
  const { total, differences } = compared([self, silent]);
  assert.deepEqual([total.processes, differences], [2, []]);
});
