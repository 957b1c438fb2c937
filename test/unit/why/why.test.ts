/** Each cause has its sentence and its remedy, and the one that explains the others comes first. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type Facts, type Limit, limits } from '../../../src/why/facts.ts';
import { why } from '../../../src/why/why.ts';
import { facts, partition } from './facts.ts';

type Row = [limit: Limit, measured: Partial<Facts>, sentence: RegExp, remedy: RegExp | null];

const waiting = { backlog: 5_000, committedPerS: 400 };
const failure = { sentence: 'Writing failed.', remedy: 'Give the user rights.', isForbidden: false };
const held = (heldBack: { offset: number | null; holder: string | null; seconds?: number }) => [
  partition(0, { status: 'blocked', heldBack: { records: 12, seconds: 42, ...heldBack } }),
  partition(1),
];

const rows: readonly Row[] = [
  ['kafka_disabled', { readsKafka: false }, /^Nothing is read: kafka\.enabled is false\.$/, /true/],
  ['starting', { state: 'starting' }, /is starting/, null],
  ['draining', { state: 'draining' }, /is stopping/, null],
  ['stopped', { state: 'stopped' }, /has stopped/, null],
  ['failed', { state: 'failed' }, /has failed/, /log/],
  [
    'broker_unreachable',
    { brokerSilentMs: 74_000 },
    /^No broker has answered for 74 s \(kafka-1:9092, kafka-2:9092\)\.$/,
    /doctor/,
  ],
  [
    'dead_letter_stop',
    { stopReason: 'Too many failed.' },
    /stopped by itself\. Too many failed\./,
    /dlq stats/,
  ],
  ['topic_missing', { missingTopics: ['a', 'b'] }, /^There is no topic a, b\.$/, /topics create/],
  [
    'rights_missing',
    { transactions: { failed: 1, failure: { ...failure, isForbidden: true }, meanMs: 8, busy: 0.1 } },
    /does not let this user write or commit: Writing failed\./,
    /^Give the user rights\.$/,
  ],
  [
    'transactions_failing',
    { transactions: { failed: 3, failure: { ...failure, remedy: undefined }, meanMs: 8, busy: 0.1 } },
    /^The last 3 transactions failed\. Writing failed\.$/,
    /transaction_aborted/,
  ],
  ['joining', { hasJoined: false, partitions: [] }, /has not assigned any partitions/, /members/],
  [
    'paused',
    { partitions: [partition(0), partition(1, { paused: true, waiting: 1 })] },
    /^An operator has paused requests\/1; at least 1 message of it waits\.$/,
    /^"kubesentiment resume" goes on\.$/,
  ],
  [
    'paused',
    { partitions: [0, 1].map((number) => partition(number, { paused: true, waiting: 1_000 })) },
    /^An operator has paused all partitions; at least 2,000 messages of them wait\.$/,
    /resume/,
  ],
  [
    'unreadable',
    { partitions: [partition(0, { unreadable: 'its checksum is wrong.' }), partition(1)] },
    /^requests\/0 cannot be read on: its checksum is wrong\.$/,
    /Nothing is skipped/,
  ],
  [
    'schema_registry',
    { schemaTrouble: 'The registry is away.', schemaWaiting: 40 },
    /^40 messages wait for their schema\. The registry is away\.$/,
    /schema_registry\.url/,
  ],
  [
    'open_transaction',
    { partitions: held({ offset: 1_234, holder: 'orders-1' }) },
    /^requests\/0 is blocked at offset 1234 by an open transaction of orders-1, for 42 s: 12 records behind it/,
    /kubesentiment transactions abort/,
  ],
  [
    'open_transaction',
    { partitions: held({ offset: null, holder: null }) },
    /^requests\/0 is blocked by an open transaction of another producer/,
    /abort/,
  ],
  [
    'cpu_quota',
    { ...waiting, cpu: { throttled: 0.43, cpus: 1 }, inference: { busy: 0.99, threads: 2 } },
    /^The CPU quota is the limit: .* in 43 % of .* At least 5,000 messages wait in Kafka\.$/,
    /CPU limit .* 2 for 1 whole CPU/,
  ],
  [
    'skewed_partition',
    { ...waiting, partitions: [0, 1, 2, 3].map((p) => partition(p, p === 2 ? hot(5_000, 900) : {})) },
    /^requests\/2 is the limit: of 4 partitions it has 100 % of the 5,000 waiting .* 75 % of those that arrive\.$/,
    /more processes do not help: spread the keys/,
  ],
  [
    'too_few_partitions',
    { ...waiting, partitions: [partition(0, { waiting: 5_000 })], inference: { busy: 0.97, threads: 2 } },
    /^There are too few partitions: this process is at its limit with requests\/0 alone/,
    /Add partitions/,
  ],
  [
    'inference',
    { ...waiting, inference: { busy: 0.98, threads: 2 } },
    /^The model is the limit: 2 inference threads are busy 98 % of the time\. At least 5,000 messages wait in Kafka\.$/,
    /^Start more processes/,
  ],
  [
    'inference',
    { p95Ms: 180, inference: { busy: 0.98, threads: 1 } },
    /1 inference thread is busy 98 %.* p95 of the processing time is 180 ms, latency_target_ms is 100\.$/,
    /^Raise model\.max_threads, which is 1 on 2 CPUs/,
  ],
  [
    'event_loop',
    { ...waiting, loopBusy: 0.97 },
    /^The main thread is the limit: it is busy 97 %/,
    /more processes/,
  ],
  [
    'broker_commits',
    { p95Ms: 2_500, transactions: { failed: 0, failure: undefined, meanMs: 1_900, busy: 0.95 } },
    /^The brokers are the limit: a transaction takes 1,900 ms, and one is running 95 % of the time\./,
    /in-sync replicas/,
  ],
  [
    'fetch',
    waiting,
    /come too slowly from the brokers.*\(inference threads 30 %, main thread 10 % busy\)/,
    /network/,
  ],
  [
    'latency',
    { p95Ms: 180 },
    /Nothing is at its limit.* The longest stage is batch, 20 ms on average\.$/,
    /runbook/,
  ],
  ['none', {}, /^Nothing is wrong: 400 messages a second, p95 60 ms, and nothing waits in Kafka\.$/, null],
  [
    'none',
    { committedPerS: 0, p95Ms: 0 },
    /^Nothing is wrong: all 4 partitions are read to the end\.$/,
    null,
  ],
  [
    'none',
    { isWatched: false, backlog: 9 },
    /^Nothing is known to be wrong; it is still being watched\.$/,
    null,
  ],
  ['no_partitions', { partitions: [] }, /has given all partitions to other consumers/, /Add partitions/],
];

function hot(messages: number, arrivalsPerS: number) {
  return { waiting: messages, arrivalsPerS, status: 'behind' as const };
}

for (const [limit, measured, sentence, remedy] of rows) {
  test(`${limit}: ${sentence.source.slice(0, 60)}`, () => {
    const found = why(facts(measured));
    assert.equal(found.limit, limit, found.sentence);
    assert.match(found.sentence, sentence);
    if (remedy === null) assert.equal(found.remedy, null);
    else assert.match(String(found.remedy), remedy);
  });
}

test('every limit has a row, but for consumers that are idle, which is never all there is to say', () => {
  const shown = new Set(rows.map(([limit]) => limit));
  assert.deepEqual(
    limits.filter((limit) => !shown.has(limit)),
    ['idle_consumers'],
  );
  const [note] = why(facts({ consumers: 6 })).also;
  assert.equal(note?.limit, 'idle_consumers');
  assert.match(String(note?.sentence), /^2 of 6 consumers of this process have no partition\.$/);
});

test('what has stopped everything is said alone, and what stands still comes before what is slow', () => {
  const slow = { ...waiting, inference: { busy: 0.98, threads: 2 } };
  const stopped = why(facts({ ...slow, stopReason: 'A flood.', hasJoined: false }));
  assert.deepEqual([stopped.limit, stopped.also], ['dead_letter_stop', []]);
  const partitions = [
    partition(0, { paused: true }),
    partition(1, { waiting: 100 }),
    partition(2, { waiting: 100 }),
  ];
  const both = why(facts({ ...slow, partitions }));
  assert.deepEqual([both.limit, ...both.also.map(({ limit }) => limit)], ['paused', 'inference']);
});

test('a busy process that keeps up has no limit, and neither has one whose messages are only on their way', () => {
  const busy = { inference: { busy: 0.99, threads: 2 }, loopBusy: 0.99, cpu: { throttled: 0.9, cpus: 1 } };
  assert.equal(why(facts(busy)).limit, 'none');
  assert.equal(why(facts({ ...busy, backlog: 150, committedPerS: 400 })).limit, 'none');
  assert.equal(why(facts({ ...busy, backlog: 250, committedPerS: 400 })).limit, 'cpu_quota');
});

test('names that are many are not all written out', () => {
  const missingTopics = Array.from({ length: 9 }, (_, i) => `t${i}`);
  assert.match(why(facts({ missingTopics })).sentence, /^There is no topic t0, t1, t2, t3, t4 and 4 more\.$/);
});
