import { writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import { resultsTopicsOf } from '../config/topics.ts';
import { EmbeddedBroker, EMBEDDED_PARTITIONS } from '../kafka/embedded.ts';
import { librdkafkaVersion } from '../kafka/version.ts';
import type { Logger } from '../log.ts';
import { HighThroughputKafkaConsumer } from '../service/high-throughput-kafka-consumer.ts';
import { createCorpus } from '../corpus/corpus.ts';
import { createProgress } from './progress.ts';
import { DemoRegistry } from './demo-registry.ts';
import { RequestSender } from './request-sender.ts';
import { ResultCounter } from './result-counter.ts';
import { type DemoTopic, demoTopics } from './shaped-requests.ts';
import { type BenchResults, formatResults, improvement, machineInfo, toJson } from '../bench/results.ts';

export interface DemoOptions {
  readonly messages: number;
  /** Send for this long instead of a number of messages. */
  readonly durationS: number | undefined;
  readonly jsonFile: string | undefined;
  readonly seed: number;
  /** Called when the consumer is running: starts the observers. */
  readonly onRunning: (consumer: HighThroughputKafkaConsumer) => Promise<void>;
  /** Stay up until this resolves. */
  readonly until: Promise<void> | undefined;
  readonly log: (line: string) => void;
}

/** The embedded broker keeps 5 MiB per partition: the sender must not run further ahead than this. */
const AHEAD_MAX = 12_000;
const BASELINE_MS = 2_000;
const examples = [
  'A warm and funny film that I would gladly see again.',
  'Two hours of my life that nobody will give back to me.',
  'The service was slow, but the food made up for it.',
  'It broke on the second day, and support never answered.',
  'Not bad at all.',
];
/** Shown if the model has a label for them: one that must choose between praise and blame is only guessing here. */
const neutralExamples = ['The parcel arrived on Tuesday.', 'Where can I change my delivery address?'];
const STALL_MS = 30_000;

/**
 * The whole job in one process: a broker, a sender, the consumer, and a reader that counts the results. Resolves with
 * whether every message came out exactly once.
 */
export async function runDemo(config: Config, logger: Logger, options: DemoOptions): Promise<boolean> {
  const broker = await EmbeddedBroker.start();
  const { dlq_topic: deadLetterTopic } = config.kafka;
  const resultsTopics = resultsTopicsOf(config);
  const registry = config.schema_registry.url === undefined ? undefined : await DemoRegistry.start();
  const topics = demoTopics(config, registry);
  const sender = new RequestSender({
    topics,
    otherTopics: [...resultsTopics, deadLetterTopic],
    properties: broker.properties,
    seed: options.seed,
    style: 'sst2',
  });
  await sender.connect();
  const { shape, member } = config.result;
  const counter = new ResultCounter({
    ...{ resultsTopics, deadLetterTopic, properties: broker.properties },
    member: shape === 'request' ? member : undefined,
  });
  const consumer = new HighThroughputKafkaConsumer({ config: ofDemo(config, broker, registry), logger });
  try {
    await consumer.start();
    await counter.start();
    await options.onRunning(consumer);
    const baseline = await measureBaseline(consumer, options);
    await untilAssigned(consumer, options.log);
    const run = await sendAndCount(sender, counter, consumer, options);
    const results = summarize(run, baseline, counter, consumer);
    process.stdout.write(formatResults(results));
    if (topics.some(({ isPlain }) => !isPlain)) showFirst(sender, counter);
    else await showExamples(consumer);
    if (options.jsonFile !== undefined) await writeFile(options.jsonFile, toJson(results));
    const everyMessage = counter.total === sender.sent && counter.doubled === 0;
    if (options.until === undefined) options.log('The live page ends here; --keep-running keeps it up.');
    else {
      showCommands(broker, topics[0] as DemoTopic, options.log);
      await sender.trickle(options.until);
    }
    return everyMessage;
  } finally {
    await consumer.stop();
    await counter.stop();
    await sender.disconnect();
    await registry?.stop();
    await broker.stop();
  }
}

/** With the broker and the registry in this process, and results that the counter reads. */
function ofDemo(config: Config, broker: EmbeddedBroker, registry: DemoRegistry | undefined): Config {
  return {
    ...config,
    kafka: { ...config.kafka, bootstrap_servers: [broker.bootstrapServers] },
    result: { ...config.result, format: 'json' },
    ...(registry && { schema_registry: { url: registry.url } }),
  } as Config;
}

/** What the configuration is about. */
function showFirst({ first: request }: RequestSender, { first: result }: ResultCounter): void {
  const lines = [request, result].map((one) => one && `  ${one.topic}\n    ${printable(one.value)}\n`);
  process.stdout.write(`\nThe first request, and its result:\n${lines.join('')}`);
}

/** Values of other formats have bytes that a terminal would interpret. */
function printable(value: Buffer): string {
  return value.toString().replaceAll(/[\p{Cc}\p{Cn}\ufffd]/gu, '·');
}

/** Waits until each partition has its consumer: the time until then does not belong to the job. */
async function untilAssigned(consumer: HighThroughputKafkaConsumer, log: DemoOptions['log']): Promise<void> {
  const assigned = (): number => consumer.service.monitor.details().partitions.length;
  if (assigned() < EMBEDDED_PARTITIONS) log('Waiting for the broker to assign all partitions.');
  for (const deadline = performance.now() + STALL_MS; performance.now() < deadline; await sleep(20)) {
    if (assigned() >= EMBEDDED_PARTITIONS || !consumer.isRunning()) return;
  }
}

function showCommands(
  { bootstrapServers }: EmbeddedBroker,
  { isPlain }: DemoTopic,
  log: DemoOptions['log'],
): void {
  log('Staying up until Ctrl-C, with a few messages a second.');
  if (!isPlain) return;
  log('To send a request, and one that becomes a dead letter, from another terminal:');
  const command = `npx kubesentiment produce - --set kafka.bootstrap_servers=${bootstrapServers}`;
  for (const request of ['{"text":"What a lovely day"}', '{"oops":true}']) {
    log(`  echo '${request}' | ${command}`);
  }
}

/** Nobody can see from figures what the program does. */
async function showExamples({ service }: HighThroughputKafkaConsumer): Promise<void> {
  const texts = service.processor.model.labels.length > 2 ? [...examples, ...neutralExamples] : examples;
  const predictions = await service.processor.predict(texts);
  const lines = predictions.map(
    ({ label, score }, i) => `  ${label.padEnd(10)} ${score.toFixed(2)}  ${texts[i]}\n`,
  );
  process.stdout.write(`\n${lines.join('')}`);
}

interface Run {
  readonly sent: number;
  readonly seconds: number;
}

async function sendAndCount(
  sender: RequestSender,
  counter: ResultCounter,
  consumer: HighThroughputKafkaConsumer,
  { messages, durationS, log }: DemoOptions,
): Promise<Run> {
  log(durationS === undefined ? `Sending ${messages} requests.` : `Sending requests for ${durationS} s.`);
  const progress = createProgress({ total: durationS === undefined ? messages : undefined });
  const startedAt = performance.now();
  const wanted =
    durationS === undefined
      ? (sent: number) => sent < messages
      : () => performance.now() - startedAt < durationS * 1_000;
  let sending = true;
  const sendingDone = sender
    .run(wanted, () => sender.sent - counter.total < AHEAD_MAX)
    .finally(() => {
      sending = false;
    });
  let lastTotal = -1;
  let lastAt = performance.now();
  while (sending || counter.total < sender.sent) {
    progress.update({ done: counter.total, lag: sender.sent - counter.total });
    if (counter.total !== lastTotal) {
      lastTotal = counter.total;
      lastAt = performance.now();
    } else if (performance.now() - lastAt > STALL_MS || !consumer.isRunning()) {
      break; // the summary and the exit code show that some are missing
    }
    await sleep(20);
  }
  const seconds = (performance.now() - startedAt) / 1_000;
  progress.finish();
  await sendingDone;
  return { sent: sender.sent, seconds };
}

/** The same model, one message at a time, as a baseline for batching and threads. */
async function measureBaseline(
  consumer: HighThroughputKafkaConsumer,
  { seed, log }: DemoOptions,
): Promise<number | undefined> {
  log('Measuring the baseline: the same model, one message at a time.');
  const corpus = createCorpus({ seed: seed + 1, style: 'sst2' });
  const { processor } = consumer.service;
  await processor.predict([corpus.next()]);
  const startedAt = performance.now();
  let count = 0;
  for (; performance.now() - startedAt < BASELINE_MS; count++) await processor.predict([corpus.next()]);
  return (count * 1_000) / (performance.now() - startedAt);
}

function summarize(
  run: Run,
  baselineTps: number | undefined,
  counter: ResultCounter,
  consumer: HighThroughputKafkaConsumer,
): BenchResults {
  const metrics = consumer.getMetrics();
  const { counters, build } = consumer.service.monitor;
  const tps = counter.total / run.seconds;
  const usage = process.resourceUsage();
  return {
    test_duration_seconds: run.seconds,
    messages_sent: run.sent,
    messages_processed: counter.results,
    achieved_tps: tps,
    baseline_tps: baselineTps,
    throughput_improvement: improvement(tps, baselineTps, undefined),
    avg_processing_time_ms: metrics.avg_processing_time_ms,
    p50_processing_time_ms: metrics.processing_ms.p50,
    p95_processing_time_ms: metrics.processing_ms.p95,
    p99_processing_time_ms: metrics.processing_ms.p99,
    p50_end_to_end_ms: metrics.end_to_end_ms.p50,
    p95_end_to_end_ms: metrics.end_to_end_ms.p95,
    p99_end_to_end_ms: metrics.end_to_end_ms.p99,
    success_rate: run.sent === 0 ? 100 : (100 * counter.results) / run.sent,
    messages_retried: metrics.messages_retried,
    messages_failed: metrics.messages_failed,
    messages_dlq: counter.deadLetters,
    consumer_threads: metrics.consumer_threads,
    delivery: consumer.config.kafka.delivery,
    model: `${build.model} ${build.modelVersion}`,
    tokens_per_message: counters.realTokens / Math.max(1, metrics.messages_processed),
    cpu_seconds: (usage.userCPUTime + usage.systemCPUTime) / 1e6,
    rss_peak_bytes: usage.maxRSS * 1024,
    machine: machineInfo({ librdkafka: librdkafkaVersion(), onnxruntime: build.onnxruntimeVersion }),
  };
}
