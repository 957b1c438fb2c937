/**
 * From the start of `consume` to its first result: a group that exists, files in the page cache. Then the processor
 * time of the same process without anything to do.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from '../src/bench/process-usage.ts';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { readAll } from '../test/helpers/kafka-client.ts';
import { consumeCommand } from './lib/consume-command.ts';
import { ConsumerProcess } from './lib/consumer-process.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { benchmarkTexts, fillTopic, stampedByBroker } from './lib/topics.ts';

const TOPIC = uniqueName('bench-requests');
const TIMEOUT_MS = 60_000;
/** After its last result: librdkafka and the HTTP server have settled. */
const SETTLE_MS = 3_000;
const IDLE_MS = 10_000;

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 2_000 });
  const broker = await measuredBroker();
  const { bootstrapServers } = broker;
  const group = uniqueName('bench');
  try {
    const times: number[] = [];
    const idle: number[] = [];
    // The first round makes the group and warms the page cache; it does not count.
    for (let round = 0; round <= options.rounds; round++) {
      const topic = `${TOPIC}-${round}`;
      const resultsTopic = `${group}-results-${round}`;
      await broker.createTopic(resultsTopic, options.partitions, stampedByBroker);
      await fillTopic(broker, topic, options.partitions, benchmarkTexts(options.messages));
      const settings = { 'kafka.bootstrap_servers': bootstrapServers, 'kafka.topic': topic };
      const model: Record<string, string> =
        options.model === undefined ? {} : { 'model.path': options.model };
      const startedAt = Date.now();
      const consumer = new ConsumerProcess(
        consumeCommand({ ...settings, ...model }, { group, resultsTopic }, options.set),
      );
      const first = await firstResultAt(bootstrapServers, resultsTopic, consumer);
      if (round > 0) {
        times.push((first - startedAt) / 1_000);
        idle.push(await idleShare(consumer.pid));
      }
      await consumer.stop();
      say(`Round ${round}: ${((first - startedAt) / 1_000).toFixed(2)} s.`);
    }
    report(
      'bench:start',
      argv,
      options.json,
      { first_result_s: rounded(median(times), 3), idle_core_share: rounded(median(idle), 4) },
      { rounds: times, idle_rounds: idle },
    );
  } finally {
    await broker.stop();
  }
});

/** Processor time of a process that has nothing to do, as a share of one core. */
async function idleShare(pid: number): Promise<number> {
  await sleep(SETTLE_MS);
  const before = { cpuS: cpuSeconds(pid), at: performance.now() };
  await sleep(IDLE_MS);
  return ((cpuSeconds(pid) - before.cpuS) * 1_000) / (performance.now() - before.at);
}

/** By the broker's clock, which is this machine's. */
async function firstResultAt(servers: string, topic: string, consumer: ConsumerProcess): Promise<number> {
  for (const deadline = Date.now() + TIMEOUT_MS; Date.now() < deadline; await sleep(500)) {
    consumer.checkRunning();
    const times = (await readAll(servers, topic)).map(
      ({ timestamp }) => timestamp ?? Number.POSITIVE_INFINITY,
    );
    if (times.length > 0) return Math.min(...times);
  }
  return Number.POSITIVE_INFINITY;
}
