/**
 * Whether the rate depends on how much waits: bursts for a consumer that has nothing else to do, against a backlog of
 * ten million requests. See README.md, "Backlog".
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { KubesentimentError } from '../src/errors.ts';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { produceAll, readAll } from '../test/helpers/kafka-client.ts';
import { consumeCommand, readResult } from './lib/consume-command.ts';
import { ConsumerProcess } from './lib/consumer-process.ts';
import { type MeasuredBroker, measuredBroker } from './lib/measured-broker.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { GroupProgress, requestRecords, stampedByBroker } from './lib/topics.ts';

const BURST = 10_000;
/** Sent again and again until the backlog is as long as it should be. */
const CHUNK = 100_000;
/** Both together must not outlast the backlog. */
const SETTLE_S = 5;
const MEASURED_S = 30;
const SAMPLE_MS = 50;
const STALL_MS = 60_000;

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 10_000_000 });
  const { partitions, messages } = options;
  const broker = await measuredBroker();
  const topic = uniqueName('bench-requests');
  const names = { group: uniqueName('bench'), resultsTopic: `${topic}-results` };
  const progress = new GroupProgress(broker.bootstrapServers, names.group, topic, partitions);
  const start = (): ConsumerProcess => {
    const settings = { 'kafka.bootstrap_servers': broker.bootstrapServers, 'kafka.topic': topic };
    const model: Record<string, string> = options.model === undefined ? {} : { 'model.path': options.model };
    return new ConsumerProcess(consumeCommand({ ...settings, ...model }, names, options.set));
  };
  try {
    await broker.createTopic(topic, partitions);
    await broker.createTopic(names.resultsTopic, partitions, stampedByBroker);
    await progress.open();
    const bursts = await measureBursts({
      ...{ broker, topic, partitions, progress, consumer: start() },
      ...{ resultsTopic: names.resultsTopic, rounds: Math.max(3, options.rounds) },
    });
    say(`Bursts of ${BURST}: ${bursts.join(', ')} /s. Filling the topic with ${messages} requests.`);
    const chunk = requestRecords(Math.min(CHUNK, messages), partitions);
    for (let sent = 0; sent < messages; sent += chunk.length) {
      await produceAll(broker.bootstrapServers, topic, chunk);
    }
    const backlog = await measureBacklog(progress, start());
    const burst = median(bursts);
    const difference = Math.abs(burst - backlog) / Math.max(burst, backlog);
    const figures = {
      burst_tps: rounded(burst, 1),
      backlog_tps: rounded(backlog, 1),
      difference: rounded(difference, 4),
    };
    const details = {
      burst: BURST,
      backlog: messages,
      partitions,
      settings: options.set,
      bursts_tps: bursts,
    };
    report('bench:backlog', argv, options.json, figures, details);
  } finally {
    await progress.close();
    await broker.stop();
  }
});

interface Bursts {
  readonly broker: MeasuredBroker;
  readonly topic: string;
  readonly resultsTopic: string;
  readonly partitions: number;
  readonly progress: GroupProgress;
  readonly consumer: ConsumerProcess;
  readonly rounds: number;
}

/** Of each burst: requests a second, from the first that was taken to the last result in the topic. */
async function measureBursts({ consumer, rounds, ...plan }: Bursts): Promise<number[]> {
  const { broker, topic, resultsTopic, progress } = plan;
  // The first two warm the code up.
  const count = rounds + 2;
  const records = requestRecords(count * BURST, plan.partitions);
  for (let i = 1; i <= count; i++) {
    await produceAll(broker.bootstrapServers, topic, records.slice((i - 1) * BURST, i * BURST));
    await until(progress, consumer, (committed) => committed >= i * BURST);
  }
  await consumer.stop();
  const results = (await readAll(broker.bootstrapServers, resultsTopic)).sort(
    (a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0),
  );
  return Array.from({ length: rounds }, (_, round) => {
    const of = results.slice((round + 2) * BURST, (round + 3) * BURST);
    const takenAt = of.map(({ value }) => readResult(value as Buffer).takenAtMs as number);
    const first = takenAt.reduce((a, b) => Math.min(a, b));
    return rounded((1_000 * of.length) / ((of.at(-1)?.timestamp as number) - first), 1);
  });
}

/** Requests a second between two commits that are about `MEASURED_S` seconds apart. */
async function measureBacklog(progress: GroupProgress, consumer: ConsumerProcess): Promise<number> {
  const before = await progress.committed();
  await until(progress, consumer, (committed) => committed > before);
  await sleep(1_000 * SETTLE_S);
  const first = await nextCommit(progress, consumer);
  await sleep(1_000 * MEASURED_S);
  const last = await nextCommit(progress, consumer);
  await consumer.stop();
  return (1_000 * (last.committed - first.committed)) / (last.atMs - first.atMs);
}

async function nextCommit(progress: GroupProgress, consumer: ConsumerProcess) {
  const before = await progress.committed();
  const committed = await until(progress, consumer, (now) => now > before);
  return { committed, atMs: performance.now() };
}

async function until(
  progress: GroupProgress,
  consumer: ConsumerProcess,
  isReached: (committed: number) => boolean,
): Promise<number> {
  for (const startedAt = performance.now(); ; await sleep(SAMPLE_MS)) {
    consumer.checkRunning();
    const committed = await progress.committed();
    if (isReached(committed)) return committed;
    if (performance.now() - startedAt > STALL_MS)
      throw new KubesentimentError('KS_STATE', `The consumer stalled at ${committed} messages.`);
  }
}
