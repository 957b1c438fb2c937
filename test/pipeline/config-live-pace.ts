/** The keys that decide how long things wait, for config-live.test.ts. */
import assert from 'node:assert/strict';
import { RunningConfig } from '../../src/config/running.ts';
import { TopicRequests } from '../../src/config/topic-requests.ts';
import { ReadAhead } from '../../src/consume/read-ahead.ts';
import { Pace } from '../../src/pipeline/pace.ts';
import { createDecoder } from '../../src/predict/model-parts.ts';
import { Editions } from '../../src/predict/editions.ts';
import { classifierModel, pipelineSettings, type SharedParts } from '../../src/session/build-pipeline.ts';
import { SlotTable } from '../../src/slots.ts';
import { Counters } from '../../src/metrics/counters.ts';
import { configured } from './config-rig.ts';
import { FakePool } from './fake-pool.ts';
import { configOf, createBroker, model, sendRequest, topics, until } from './rig.ts';

type TestContext = Parameters<typeof configured>[0];

/** What a pipeline is built from, and how to change the configuration beneath it. */
function built(t: TestContext, settings: Readonly<Record<string, unknown>>) {
  const config = configOf(settings);
  const running = new RunningConfig(config);
  const table = new SlotTable(64);
  const decoder = createDecoder(config, model, table);
  t.after(() => decoder.close());
  const editions = new Editions({ number: 1, model, decoder, pool: new FakePool() });
  const shared: SharedParts = { config, running, table, editions, counters: new Counters() };
  const parts = pipelineSettings(shared, new TopicRequests(config), 1);
  return {
    shared,
    parts,
    change: (next: Readonly<Record<string, unknown>>) => running.use(configOf({ ...settings, ...next })),
  };
}

/** Of a machine at its limit, where it goes by the target alone. */
function paceAtLimit(settings: ReturnType<typeof built>['parts']['pace']): Pace {
  const total = { count: 0, sum: 0 };
  const pace = new Pace(settings, {
    tokens: () => 0,
    batches: total,
    transactions: total,
    recentP95: () => 0,
    loopBusy: () => 1,
  });
  for (let ms = 0; ms <= 60_000; ms += 200) pace.note(1, ms);
  return pace;
}

export const paceCases = {
  'kafka.latency_target_ms': async (t: TestContext) => {
    const { parts, change } = built(t, {
      'kafka.latency_target_ms': 100,
      'kafka.batch_timeout_ms': 10_000,
      'kafka.buffer_size': 50_000,
      'kafka.max_poll_records': 1_000,
    });
    const pace = paceAtLimit(parts.pace);
    const ahead = new ReadAhead(parts.intake.readAhead);
    ahead.observe(20_000, 1_000);
    const before = [pace.batchSpacingMs, pace.intervalMs, ahead.messages];
    change({ 'kafka.latency_target_ms': 50 });
    ahead.observe(40_000, 2_000);
    const after = [pace.batchSpacingMs, pace.intervalMs];
    for (const [i, value] of after.entries()) assert.ok(Math.abs(value / (before[i] as number) - 0.5) < 0.01);
    assert.deepEqual([before[2], ahead.messages], [2_000, 1_800], 'it goes down by a tenth at a time');
  },

  'kafka.batch_timeout_ms': async (t: TestContext) => {
    const { shared, parts, change } = built(t, { 'kafka.batch_timeout_ms': 10_000 });
    const pace = paceAtLimit(parts.pace);
    const { batcher } = classifierModel(shared, shared.editions.current);
    const { table } = shared;
    const slot = table.take({ topic: 't', partition: 0, offset: 0, value: null, size: 0 }, 0);
    table.length[slot] = 4;
    table.takenAt[slot] = 0;
    batcher.add(slot, 0);
    assert.ok(pace.batchSpacingMs > 1);
    assert.equal(batcher.next(500, true), undefined, 'others can still join it');
    change({ 'kafka.batch_timeout_ms': 1 });
    assert.equal(pace.batchSpacingMs, 1);
    assert.equal(batcher.next(500, true)?.count, 1, 'it is overdue');
  },

  'kafka.transaction_interval_ms': async (t: TestContext) => {
    const broker = createBroker(1);
    const { consumer, write } = configured(t, broker, { 'kafka.transaction_interval_ms': 5_000 });
    await consumer.start();
    write({ 'kafka.transaction_interval_ms': 0 });
    await consumer.service.configReload.reload();
    // With the old interval, this would take longer than the test may.
    for (let i = 0; i < 40; i++) {
      sendRequest(broker, 0, `message ${i}`);
      await until('it is answered', () => broker.all(topics.results).length === i + 1);
    }
  },
};
