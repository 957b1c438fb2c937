import assert from 'node:assert/strict';
import { test } from 'node:test';
import { summaryOf } from '../../../../src/http/peers/peer-summary.ts';
import { details } from './fixture.ts';

test('what a process says becomes a row', () => {
  assert.deepEqual(summaryOf(details('a')), {
    ...{
      instance: 'a',
      name: 'host-a',
      consumer_group: 'group',
      state: 'running',
      ready: true,
      problem: null,
    },
    ...{ version: '1.0.0', model: 'default', model_version: 'abc', config: 'f1', uptime_s: 100 },
    ...{ throughput_tps: 50, processing_p99_ms: 40, inflight_messages: 7 },
    ...{ lag_messages: 7, lag_s: 1.5, partitions: 2, paused_partitions: 1 },
  });
});

test('the first check that fails is the problem', () => {
  const checks = [
    { name: 'running', ok: true },
    { name: 'broker', ok: false, reason: 'No broker has answered for 30 s.' },
    { name: 'paused', ok: false, reason: 'An operator has paused all partitions.' },
  ];
  const summary = summaryOf(details('a', { status: 'unavailable', checks }));
  assert.equal(summary?.ready, false);
  assert.deepEqual(summary?.problem, { check: 'broker', reason: 'No broker has answered for 30 s.' });
});

test('a version that says less has fewer figures', () => {
  const { state, uptimeSeconds, build, partitions } = details('a');
  const summary = summaryOf({ status: 'ok', checks: [], state, uptimeSeconds, build, partitions });
  assert.deepEqual(
    [summary?.instance, summary?.config, summary?.throughput_tps, summary?.lag_messages, summary?.version],
    [null, null, null, 7, '1.0.0'],
  );
});

test('nothing that is said is trusted', () => {
  for (const other of [
    undefined,
    null,
    1,
    'x',
    [],
    {},
    { state: 'running' },
    { ...details('a'), partitions: 3 },
  ])
    assert.equal(summaryOf(other), undefined, JSON.stringify(other));
  const summary = summaryOf(
    details('a', {
      instance: { id: ['a'], name: 'n'.repeat(10_000) },
      build: 'none',
      checks: [{ ok: false, name: {}, reason: 'r'.repeat(10_000) }, null, 3],
      load: { throughputTps: '50', processingP99Ms: -1, inflightMessages: Number.POSITIVE_INFINITY },
      partitions: [null, 3, { lagMessages: '4', lagSeconds: -2, paused: 'yes' }],
    }),
  );
  assert.deepEqual([summary?.instance, summary?.name?.length, summary?.model], [null, 200, null]);
  assert.deepEqual([summary?.problem?.check, summary?.problem?.reason.length], ['', 500]);
  assert.deepEqual(
    [summary?.throughput_tps, summary?.processing_p99_ms, summary?.inflight_messages],
    [null, null, null],
  );
  assert.deepEqual(
    [summary?.lag_messages, summary?.lag_s, summary?.partitions, summary?.paused_partitions],
    [0, 0, 3, 0],
  );
});

test('many large numbers are still a number together', () => {
  const { lag_messages: lag, lag_s: seconds } =
    summaryOf(
      details('a', {
        partitions: [
          { lagMessages: 1.5e308, lagSeconds: 1e308 },
          { lagMessages: 1.5e308, lagSeconds: 3 },
        ],
      }),
    ) ?? {};
  assert.deepEqual([lag, seconds], [0, 3]);
});
