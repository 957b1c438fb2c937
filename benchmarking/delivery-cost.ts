/**
 * What exactly_once costs, against at_least_once, in one run: throughput of a full topic, and the latency that a reader
 * of committed records sees at a steady 5,000 requests a second. See docs/delivery.md.
 */
import { loadavg } from 'node:os';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { consumeCommand, readResult } from './lib/consume-command.ts';
import { ConsumerProcess } from './lib/consumer-process.ts';
import { type MeasuredRun, measureRun } from './lib/measured-run.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';
import { type VisibleLatency, visibleLatency } from './lib/visible-latency.ts';

const TOPIC = uniqueName('bench-requests');
const RATE = 5_000;
const SECONDS = 20;
const deliveries = ['exactly_once', 'at_least_once'] as const;
type Delivery = (typeof deliveries)[number];

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 200_000 });
  const { messages, partitions, rounds, model = 'null' } = options;
  const broker = await measuredBroker();
  const settingsOf = (delivery: Delivery, topic: string) => ({
    'kafka.bootstrap_servers': broker.bootstrapServers,
    'kafka.topic': topic,
    'kafka.delivery': delivery,
    'model.path': model,
  });
  const runs: Record<Delivery, MeasuredRun[]> = { exactly_once: [], at_least_once: [] };
  const latencies: Record<Delivery, VisibleLatency[]> = { exactly_once: [], at_least_once: [] };
  const loads: number[] = [];
  try {
    await fillTopic(broker, TOPIC, partitions, benchmarkTexts(messages));
    for (let round = 1; round <= rounds; round++) {
      // Who goes first takes turns: other work on the machine must not favour one of them.
      for (const delivery of round % 2 === 1 ? deliveries : deliveries.toReversed()) {
        loads.push(rounded(loadavg()[0] as number, 1));
        const run = await measureRun({
          ...{ broker, topic: TOPIC, messages, partitions, readResult, span: 'whole' },
          command: (names) => consumeCommand(settingsOf(delivery, TOPIC), names, options.set),
        });
        const latency = await visibleLatency({
          ...{ broker, partitions, rate: RATE, seconds: SECONDS },
          start: (names) =>
            new ConsumerProcess(consumeCommand(settingsOf(delivery, names.topic), names, options.set)),
        });
        runs[delivery].push(run);
        latencies[delivery].push(latency);
        say(
          `Round ${round}, ${delivery}: ${run.tps}/s, visible after ${latency.mean_ms} ms (p99 ${latency.p99_ms}).`,
        );
      }
    }
    const figures = summarize(runs, latencies);
    const settings = { messages, partitions, model, rate: RATE, seconds: SECONDS, settings: options.set };
    report('bench:delivery', argv, options.json, figures, { ...settings, loads, runs, latencies });
  } finally {
    await broker.stop();
  }
});

function summarize(runs: Record<Delivery, MeasuredRun[]>, latencies: Record<Delivery, VisibleLatency[]>) {
  const tps = (delivery: Delivery) => median(runs[delivery].map((run) => run.tps));
  const cpu = (delivery: Delivery) => median(runs[delivery].map((run) => run.cpu_us_per_message));
  const mean = (delivery: Delivery) => median(latencies[delivery].map((latency) => latency.mean_ms));
  return {
    exactly_once_tps: tps('exactly_once'),
    at_least_once_tps: tps('at_least_once'),
    throughput_ratio: rounded(tps('exactly_once') / tps('at_least_once'), 3),
    cpu_ratio: rounded(cpu('exactly_once') / cpu('at_least_once'), 3),
    exactly_once_visible_mean_ms: mean('exactly_once'),
    at_least_once_visible_mean_ms: mean('at_least_once'),
    added_by_transaction_mean_ms: rounded(mean('exactly_once') - mean('at_least_once'), 2),
  };
}
