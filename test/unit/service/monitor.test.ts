import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ConsumerClient } from '../../../src/clients.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { InferencePool } from '../../../src/infer/inference-pool.ts';
import { Drift } from '../../../src/drift/drift.ts';
import { Counters } from '../../../src/metrics/counters.ts';
import { Exemplars } from '../../../src/metrics/exemplars.ts';
import { Assignments } from '../../../src/consume/assignments.ts';
import type { HeldBackNow } from '../../../src/session/held-back-watch.ts';
import type { Session } from '../../../src/session/session.ts';
import { Monitor, type MonitorOptions } from '../../../src/service/monitor.ts';
import { SlotTable } from '../../../src/slots.ts';
import type { RunState, TopicPartition } from '../../../src/types.ts';

/** What the parts say; the test changes it. */
class Parts {
  state: RunState = 'running';
  hasJoined = true;
  stopReason: string | undefined;
  silentMs = 0;
  brokerSilentMs = 0;
  missingTopics: readonly string[] = [];
  paused: TopicPartition[] = [];
  schemaTrouble: string | undefined;
  failedCycles = 0;
  logEnd = 0;
  heldBack: HeldBackNow | undefined;
  inFlight = 0;
  lastSlot = -1;
  notDue: (behind: number) => number | undefined = () => undefined;
  readonly table = new SlotTable(16);
  readonly assignments = new Assignments({
    table: this.table,
    drainTimeoutMs: 0,
    onRebalance: () => undefined,
    onFatal: () => undefined,
  });
  readonly consumer = { index: 0, logEnd: () => this.logEnd } as unknown as ConsumerClient;

  monitor(t: TestContext): Monitor {
    const pipeline = { waiting: 3, notDueOf: (_: unknown, behind: number) => this.notDue(behind) };
    Object.defineProperty(pipeline, 'silentMs', { get: () => this.silentMs });
    Object.defineProperty(pipeline, 'failedCycles', { get: () => this.failedCycles });
    const { assignments, consumer } = this;
    const session = {
      assignments,
      pipeline,
      consumers: [consumer],
      heldBack: () => this.heldBack,
      logEnd: () => this.logEnd,
    };
    for (const name of ['hasJoined', 'brokerSilentMs', 'stopReason', 'missingTopics'] as const)
      Object.defineProperty(session, name, { get: () => this[name] });
    const pool = { threads: 2 };
    Object.defineProperty(pool, 'inFlight', { get: () => this.inFlight });
    const counters = new Counters();
    const drift = new Drift(counters.results, counters.results.of('v1', []));
    const { config } = loadConfig();
    const options: MonitorOptions = {
      config,
      current: () => config,
      counters,
      exemplars: new Exemplars(),
      build: () => ({}) as ReturnType<MonitorOptions['build']>,
      table: this.table,
      pools: () => [pool as InferencePool],
      session: () => session as unknown as Session,
      paused: () => this.paused,
      drift: () => drift,
      baseline: () => assert.fail('not asked for'),
      shadow: () => assert.fail('not asked for'),
      canary: () => assert.fail('not asked for'),
      schemaTrouble: () => this.schemaTrouble,
      state: () => this.state,
      predict: async () => [],
      recentDeadLetters: () => [],
    };
    const monitor = new Monitor(options);
    t.after(() => monitor.close());
    return monitor;
  }

  /** Enters a message of partition 0, `ageMs` old. */
  take(offset: number, ageMs: number): void {
    const message = {
      topic: 't',
      partition: 0,
      offset,
      value: null,
      size: 10,
      timestamp: Date.now() - ageMs,
    };
    this.lastSlot = this.table.take(message, 0);
    this.assignments.find(this.consumer, 't', 0)?.push(this.lastSlot, offset);
  }
}

const failing = (checks: readonly { name: string; ok: boolean }[]): string[] =>
  checks.filter(({ ok }) => !ok).map(({ name }) => name);

test('a poll loop that hangs ends the liveness, but only while the consumer runs', (t) => {
  const parts = new Parts();
  const monitor = parts.monitor(t);
  parts.silentMs = 59_000;
  assert.equal(monitor.liveness().ok, true);
  parts.silentMs = 61_000;
  const { ok, checks } = monitor.liveness();
  assert.equal(ok, false);
  assert.match(String(checks[0]?.reason), /silent for 61 s/);
  for (const state of ['starting', 'draining', 'failed', 'stopped'] as const) {
    parts.state = state;
    assert.equal(monitor.liveness().ok, true, state);
  }
});

test('ready is: running, a broker answers, assigned, transactions go through, all can be read, no flood', (t) => {
  const parts = new Parts();
  const monitor = parts.monitor(t);
  assert.deepEqual(failing(monitor.readiness().checks), []);
  assert.equal(monitor.readiness().ok, true);

  parts.failedCycles = 2;
  assert.equal(monitor.readiness().ok, true, 'two failures in a row happen');
  parts.brokerSilentMs = 10_000;
  assert.equal(monitor.readiness().ok, true, 'and so does a broker that is restarted');
  parts.brokerSilentMs = 30_000;
  Object.assign(parts, { state: 'draining', hasJoined: false, failedCycles: 3, stopReason: 'A flood.' });
  parts.missingTopics = ['t'];
  parts.paused = [{ topic: 't', partition: 0 }];
  parts.schemaTrouble = 'The registry is away.';
  const batch = { topic: 't', partition: 0, offset: 17, codec: 'zstd', reason: 'it is damaged' };
  parts.assignments.assigned(parts.consumer, [{ topic: 't', partition: 0 }]);
  parts.assignments.unreadable(parts.consumer, batch);
  const { ok, checks } = monitor.readiness();
  assert.equal(ok, false);
  const wanted = [
    'running',
    'broker',
    'topics',
    'assigned',
    'transactions',
    'readable',
    'schemas',
    'dead_letters',
    'paused',
  ];
  assert.deepEqual(failing(checks), wanted);
  const { reason: why } = checks.find(({ name }) => name === 'readable') ?? {};
  assert.equal(why, 'Partition t/0 cannot be read at offset 17 (codec zstd): it is damaged.');
  assert.ok(checks.every(({ reason }) => reason !== undefined && reason !== ''));
});

test('lag comes from what is not committed, not from what was fetched', (t) => {
  const parts = new Parts();
  const monitor = parts.monitor(t);
  const partition = { topic: 't', partition: 0 };
  parts.assignments.assigned(parts.consumer, [partition]);
  const status = () => monitor.details().partitions.map((each) => [each.lagMessages, each.status]);
  parts.logEnd = -1;
  assert.deepEqual(status(), [[0, 'ok']], 'nothing is known yet');
  parts.logEnd = 108;
  parts.take(100, 5_000);
  parts.take(101, 1_000);
  assert.deepEqual(status(), [[8, 'ok']]);
  parts.logEnd = -1;
  assert.deepEqual(status(), [[2, 'ok']], 'at least what is here');
});

test('what nobody can read is held back, and not waiting; the end of a partition is behind markers', (t) => {
  const parts = new Parts();
  const monitor = parts.monitor(t);
  parts.assignments.assigned(parts.consumer, [{ topic: 't', partition: 0, committed: 100 }]);
  const said = () =>
    monitor.kafkaMetrics().lag.map((each) => [each.messages, each.heldBack, each.endOffset, each.status]);
  parts.logEnd = 106;
  assert.deepEqual(said(), [[6, 0, 106, 'ok']], 'not known yet');
  parts.heldBack = { stableOffset: 102, seconds: 60, holder: 'x' };
  assert.deepEqual(said(), [[2, 4, 102, 'blocked']]);
  parts.heldBack = undefined;
  parts.assignments.find(parts.consumer, 't', 0)?.reachEnd(106);
  assert.deepEqual(said(), [[0, 0, 106, 'ok']]);
});

test('messages of a retry topic that are not due are waiting, and late only when they are due', (t) => {
  const parts = new Parts();
  const monitor = parts.monitor(t);
  parts.assignments.assigned(parts.consumer, [{ topic: 't', partition: 0 }]);
  parts.take(4, 600_000);
  parts.logEnd = 9;
  parts.notDue = (behind) => behind;
  const [resting] = monitor.gauges().lag;
  assert.deepEqual([resting?.messages, resting?.notDue, resting?.status], [0, 5, 'ok']);
  parts.notDue = () => 0;
  const [due] = monitor.gauges().lag;
  assert.deepEqual([due?.messages, due?.notDue, due?.status], [5, 0, 'behind']);
});

test('old messages make a partition late, and stalled when none of them is committed', (t) => {
  let nowMs = 1_000;
  t.mock.method(performance, 'now', () => nowMs);
  for (const [ageMs, first, later] of [
    [5_000, 'ok', 'ok'],
    [11_000, 'behind', 'stalled'],
    [3_600_000, 'behind', 'stalled'],
  ] as const) {
    const parts = new Parts();
    const monitor = parts.monitor(t);
    const status = () => monitor.details().partitions[0]?.status;
    parts.assignments.assigned(parts.consumer, [{ topic: 't', partition: 0 }]);
    parts.logEnd = 5;
    parts.take(0, ageMs);
    assert.equal(status(), first);
    nowMs += 10_000;
    assert.equal(status(), later);
  }
});

test('a message whose timestamp cannot be true is as old as we have known it', (t) => {
  const parts = new Parts();
  const monitor = parts.monitor(t);
  let nowMs = 1_000;
  t.mock.method(performance, 'now', () => nowMs);
  parts.assignments.assigned(parts.consumer, [{ topic: 't', partition: 0 }]);
  const seconds = () => monitor.gauges().lag[0]?.seconds;
  parts.take(0, -3_600_000); // an hour in the future
  parts.logEnd = 1;
  assert.equal(seconds(), 0);
  nowMs += 5_000;
  assert.equal(seconds(), 5);
});

test('messages that stay at the broker make a partition late too, until something of it is committed', (t) => {
  const parts = new Parts();
  const monitor = parts.monitor(t);
  let nowMs = 1_000;
  t.mock.method(performance, 'now', () => nowMs);
  parts.assignments.assigned(parts.consumer, [{ topic: 't', partition: 0 }]);
  const ledger = parts.assignments.find(parts.consumer, 't', 0);
  const commit = (offset: number): void => {
    parts.take(offset, 0);
    parts.table.finish(parts.lastSlot, 0, 1);
    ledger?.takeFinished(new Int32Array(1), 0, 1);
    ledger?.commit();
  };
  const seconds = () => monitor.gauges().lag[0]?.seconds;
  commit(0);
  parts.logEnd = 9;
  assert.equal(seconds(), 0);
  nowMs += 61_000;
  assert.equal(seconds(), 61);
  assert.equal(monitor.details().partitions[0]?.status, 'stalled');
  commit(1);
  assert.equal(seconds(), 0);
  assert.deepEqual(
    monitor.gauges().lag.map(({ committedOffset, endOffset }) => [committedOffset, endOffset]),
    [[2, 9]],
  );
});

test('what an operator has paused is not ready, is named, and is counted', (t) => {
  const parts = new Parts();
  const monitor = parts.monitor(t);
  parts.assignments.assigned(parts.consumer, [{ topic: 't', partition: 0 }]);
  const reason = () => monitor.readiness().checks.find(({ name }) => name === 'paused')?.reason;
  assert.equal(reason(), undefined);
  assert.equal(monitor.gauges().pausedPartitions, 0);
  assert.deepEqual(
    monitor.details().partitions.map(({ paused }) => paused),
    [false],
  );
  parts.paused = [{ topic: 't', partition: 0 }];
  assert.deepEqual(failing(monitor.readiness().checks), ['paused']);
  assert.equal(reason(), 'An operator has paused all partitions.');
  assert.equal(monitor.gauges().pausedPartitions, 1);
  assert.deepEqual(
    monitor.details().partitions.map(({ paused }) => paused),
    [true],
  );
});

test('gauges: batches that run and batches that stand ready', (t) => {
  const parts = new Parts();
  const monitor = parts.monitor(t);
  parts.inFlight = 3;
  const { runningBatches, queuedBatches, unbatchedMessages, inflightMessages } = monitor.gauges();
  assert.deepEqual(
    { runningBatches, queuedBatches, unbatchedMessages, inflightMessages },
    {
      runningBatches: 2,
      queuedBatches: 1,
      unbatchedMessages: 3,
      inflightMessages: 0,
    },
  );
});
