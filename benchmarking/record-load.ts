/**
 * Records what one process does, second by second, while messages wait all the time: with a broker at work, then with a
 * slow one (stopped for a part of each second). The simulation of the autoscaler plays it: see ADR 48.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { ConsumerProcess } from '../src/bench/consumer-process.ts';
import type { KafkaMetrics } from '../src/metrics/kafka-metrics.ts';
import { startMeasuredBroker, uniqueName } from '../test/helpers/kafka-broker.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { rounded } from './lib/statistics.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';

const SECONDS = 75;
/** A new JVM compiles its code meanwhile. */
const WARM_UP_S = 30;
/** Of each second, in which the slow broker does nothing. */
const STOPPED_MS = 550;

await runBenchmark(async (argv) => {
  const { messages, partitions, json, set } = readOptions(argv, { messages: 800_000 });
  const broker = await startMeasuredBroker();
  const results = uniqueName('record-results');
  const topic = uniqueName('record-requests');
  say(`Filling a topic with ${messages} requests.`);
  await fillTopic(broker, topic, partitions, benchmarkTexts(messages));
  await broker.createTopic(results, partitions);
  const settings = [
    `kafka.bootstrap_servers=${broker.bootstrapServers}`,
    `kafka.topic=${topic}`,
    `kafka.results_topic=${results}`,
    'kafka.dlq_enabled=false',
    'kafka.auto_offset_reset=earliest',
    ...set,
  ];
  const consumer = new ConsumerProcess(settings.flatMap((setting) => ['--set', setting]));
  try {
    await consumer.ready();
    await sleep(1_000 * WARM_UP_S);
    const usual = await record(consumer);
    const slowed = slowDown(broker.pid);
    const slow = await record(consumer).finally(slowed.end);
    const mean = (values: readonly number[]): number =>
      rounded(values.reduce((sum, value) => sum + value, 0) / values.length, 1);
    if (usual.length + slow.length < 2 * SECONDS)
      say('The messages did not last: run it with more (--messages).');
    report(
      'bench:record-load',
      argv,
      json,
      { usual_per_s: mean(usual), slow_per_s: mean(slow) },
      { usual, slow, stopped_ms_of_each_second: STOPPED_MS },
    );
    await consumer.stop();
  } finally {
    await consumer.kill();
    await broker.stop();
  }
});

/** Messages committed in each second; it ends early when none are left. */
async function record(consumer: ConsumerProcess): Promise<number[]> {
  const perSecond: number[] = [];
  let before = processedOf(await consumer.metrics());
  let at = performance.now();
  for (let i = 1; i <= SECONDS; i++) {
    await sleep(Math.max(0, at + 1_000 - performance.now()));
    const now = performance.now();
    const processed = processedOf(await consumer.metrics());
    perSecond.push(Math.round((1_000 * (processed - before)) / (now - at)));
    [before, at] = [processed, now];
  }
  return perSecond;
}

function processedOf(metrics: KafkaMetrics | undefined): number {
  return metrics?.messages_processed ?? 0;
}

function slowDown(pid: number): { end: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const every = setInterval(() => {
    process.kill(pid, 'SIGSTOP');
    timer = setTimeout(() => process.kill(pid, 'SIGCONT'), STOPPED_MS);
  }, 1_000);
  const end = (): void => {
    clearInterval(every);
    clearTimeout(timer);
    process.kill(pid, 'SIGCONT');
  };
  process.once('exit', end);
  return { end };
}
