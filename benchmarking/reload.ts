/**
 * What it costs to exchange the model while messages flow, at a steady 3,000 requests a second: spans without any
 * exchange, with one every ten seconds and with one every second, in turn in the same run, a hundred exchanges and more
 * in all. Says how late results become visible, whether each request came out once and in order, what processor time
 * an exchange takes, and what memory is left over. See ADR 35.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { rssBytes } from '../src/bench/process-usage.ts';
import { checkDelivery } from '../test/helpers/delivery.ts';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { consumeCommand, type RunNames } from './lib/consume-command.ts';
import { ConsumerProcess } from './lib/consumer-process.ts';
import { compareSpans, ExchangeSpans, type SpanFigures } from './lib/exchange-spans.ts';
import { ExchangedModels } from './lib/exchanged-models.ts';
import { type MeasuredBroker, measuredBroker } from './lib/measured-broker.ts';
import { type BenchmarkOptions, readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { rounded } from './lib/statistics.ts';
import { visibleLatency } from './lib/visible-latency.ts';

const RATE = 3_000;
const WARM_UP_S = 10;
/** After the last exchange: threads and buffers of the last model are gone by then. */
const REST_S = 45;
const MB = 1e6;

interface Run {
  readonly spans: readonly SpanFigures[];
  readonly exchanges: number;
  readonly sent: number;
  readonly versions: number;
  readonly lost: number;
  readonly doubled: number;
  readonly out_of_order: number;
  readonly rss_before_mb: number;
  readonly rss_peak_mb: number;
  readonly rss_after_mb: number;
}

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 0 });
  const broker = await measuredBroker();
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-reload-'));
  try {
    const load = rounded(loadavg()[0] as number, 1);
    const { spans, ...run } = await measure(broker, new ExchangedModels(folder, options.model), options);
    const { sent, versions, ...figures } = run;
    const details = { rate: RATE, settings: options.set, load, sent, model_versions: versions, spans };
    report('bench:reload', argv, options.json, { ...compareSpans(spans), ...figures }, details);
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await broker.stop();
  }
});

async function measure(
  broker: MeasuredBroker,
  models: ExchangedModels,
  { partitions, rounds, set }: BenchmarkOptions,
): Promise<Run> {
  const deadLetters = uniqueName('reload-dlq');
  await broker.createTopic(deadLetters, 1);
  const spans = new ExchangeSpans(rounds, WARM_UP_S);
  const memory: number[] = [];
  let topics = { requests: '', results: '', deadLetters };
  let timer: NodeJS.Timeout | undefined;
  const start = (names: RunNames & { topic: string }): ConsumerProcess => {
    topics = { requests: names.topic, results: names.resultsTopic, deadLetters };
    const settings = {
      'kafka.bootstrap_servers': broker.bootstrapServers,
      'kafka.topic': names.topic,
      'model.path': models.path,
    };
    const consumer = new ConsumerProcess(consumeCommand(settings, names, set));
    timer = setInterval(() => memory.push(rssBytes(consumer.pid) / MB), 1_000);
    // Each a link that leads elsewhere, and SIGHUP.
    spans.begin(consumer.pid, () => {
      models.exchange();
      process.kill(consumer.pid, 'SIGHUP');
    });
    return consumer;
  };
  try {
    const onResult = (dueAtMs: number, latencyMs: number): void => spans.add(dueAtMs, latencyMs);
    const common = { broker, partitions, rate: RATE, warmUpS: WARM_UP_S, start, onResult };
    const { sent } = await visibleLatency({ ...common, seconds: spans.seconds + REST_S });
    const { lost, doubled, outOfOrder, results } = await checkDelivery(broker.bootstrapServers, topics);
    const versions = new Set(results.map(({ value }) => /"model_version":"(\w+)"/.exec(String(value))?.[1]));
    const found = memory.filter(Number.isFinite);
    for (const span of spans.figures()) say(JSON.stringify(span));
    return {
      ...{ spans: spans.figures(), exchanges: spans.exchanges, sent, versions: versions.size },
      ...{ lost: lost.length, doubled: doubled.length, out_of_order: outOfOrder.length },
      rss_before_mb: rounded(memory[WARM_UP_S - 1] as number, 0),
      rss_peak_mb: rounded(Math.max(...found), 0),
      rss_after_mb: rounded(found.at(-1) as number, 0),
    };
  } finally {
    clearInterval(timer);
    spans.end();
  }
}
