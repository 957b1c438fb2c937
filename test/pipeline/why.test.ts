/** Two real reasons, found in a running service: an operator's pause, and a model that is slower than what arrives. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { sleepingBackend } from '../../benchmarking/lib/sleeping-backend.ts';
import type { HighThroughputKafkaConsumer } from '../../src/service/high-throughput-kafka-consumer.ts';
import type { Limit } from '../../src/why/facts.ts';
import type { WhyReport } from '../../src/why/report.ts';
import { createBroker, sendRequests } from './rig.ts';
import { Models, first, service } from './reload-rig.ts';

const WAIT_MS = 120_000;

/** Asks until that is the reason; the machine may be busy. */
async function reason(consumer: HighThroughputKafkaConsumer, limit: Limit): Promise<WhyReport> {
  const seen = new Set<string>();
  for (const deadline = performance.now() + WAIT_MS; performance.now() < deadline; await sleep(100)) {
    const report = consumer.service.monitor.why();
    if (report.limit === limit) return report;
    seen.add(report.sentence);
  }
  throw new Error(`Not ${limit}: ${[...seen].join(' ')}`);
}

test('a service says that its model is the limit, that it is paused, and that nothing is wrong', async (t) => {
  const models = new Models(t);
  models.write('a', first);
  models.use('a');
  const broker = createBroker(4);
  const consumer = service(t, broker, models.link, { backend: sleepingBackend(4_000) });
  await consumer.start();
  await reason(consumer, 'none');

  sendRequests(broker, 20_000);
  const { sentence, severity, measured } = await reason(consumer, 'inference');
  assert.match(sentence, /^The model is the limit: 2 inference threads are busy \d+ % of the time/);
  assert.equal(severity, 'slow');
  assert.ok(Number(measured.inference_busy_ratio) >= 0.85);
  assert.ok(Number(measured.capacity_per_s) > 0 && Number(measured.backlog) > 0);
  assert.ok(Number(measured.desired_replicas) > 0);

  consumer.service.control.pause({});
  const paused = await reason(consumer, 'paused');
  assert.match(
    paused.sentence,
    /^An operator has paused all partitions; at least [\d,]+ messages of them wait\.$/,
  );
  assert.deepEqual([paused.severity, paused.remedy], ['stuck', '"kubesentiment resume" goes on.']);
  consumer.service.control.resume({});
  assert.equal((await reason(consumer, 'inference')).severity, 'slow');
});
