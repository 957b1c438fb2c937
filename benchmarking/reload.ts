/**
 * What it costs to exchange the model while messages flow: a hundred exchanges at a steady 3,000 requests a second, and
 * the same time without any, in turn. Says how late results become visible, whether each request came out once and in
 * order, and what memory is left over. See ADR 35.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { rssBytes } from '../src/bench/process-usage.ts';
import { checkDelivery } from '../test/helpers/delivery.ts';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { consumeCommand } from './lib/consume-command.ts';
import { ConsumerProcess } from './lib/consumer-process.ts';
import { ExchangedModels } from './lib/exchanged-models.ts';
import { type MeasuredBroker, measuredBroker } from './lib/measured-broker.ts';
import { type BenchmarkOptions, readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { type VisibleLatency, visibleLatency } from './lib/visible-latency.ts';

const RATE = 3_000;
const EXCHANGES = 100;
const EXCHANGE_EVERY_MS = 1_000;
const WARM_UP_S = 10;
/** After the last exchange: threads and buffers of the last model are gone by then. */
const REST_S = 45;
const SECONDS = (EXCHANGES * EXCHANGE_EVERY_MS) / 1_000 + REST_S;
const MB = 1e6;

interface Run extends VisibleLatency {
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
  const runs: Record<'steady' | 'exchanged', Run[]> = { steady: [], exchanged: [] };
  const loads: number[] = [];
  try {
    for (let round = 1; round <= options.rounds; round++) {
      for (const which of round % 2 === 1
        ? (['steady', 'exchanged'] as const)
        : (['exchanged', 'steady'] as const)) {
        loads.push(rounded(loadavg()[0] as number, 1));
        const run = await measure(
          broker,
          new ExchangedModels(folder, options.model),
          which === 'exchanged',
          options,
        );
        runs[which].push(run);
        say(`Round ${round}, ${which}: ${JSON.stringify(run)}`);
      }
    }
    const settings = { rate: RATE, exchanges: EXCHANGES, seconds: SECONDS, settings: options.set };
    report('bench:reload', argv, options.json, summarize(runs), { ...settings, loads, runs });
  } finally {
    rmSync(folder, { recursive: true, force: true });
    await broker.stop();
  }
});

async function measure(
  broker: MeasuredBroker,
  models: ExchangedModels,
  isExchanged: boolean,
  { partitions, set }: BenchmarkOptions,
): Promise<Run> {
  const deadLetters = uniqueName('reload-dlq');
  await broker.createTopic(deadLetters, 1);
  const memory: number[] = [];
  let topics = { requests: '', results: '', deadLetters };
  let timers: NodeJS.Timeout[] = [];
  const start = (names: { topic: string; group: string; resultsTopic: string }): ConsumerProcess => {
    topics = { requests: names.topic, results: names.resultsTopic, deadLetters };
    const settings = {
      'kafka.bootstrap_servers': broker.bootstrapServers,
      'kafka.topic': names.topic,
      'model.path': models.path,
    };
    const consumer = new ConsumerProcess(consumeCommand(settings, names, set));
    timers = [setInterval(() => memory.push(rssBytes(consumer.pid) / MB), 1_000)];
    if (isExchanged) timers.push(...exchanges(models, consumer));
    return consumer;
  };
  try {
    const latency = await visibleLatency({
      broker,
      partitions,
      rate: RATE,
      seconds: SECONDS,
      warmUpS: WARM_UP_S,
      start,
    });
    const { lost, doubled, outOfOrder, results } = await checkDelivery(broker.bootstrapServers, topics);
    const versions = new Set(results.map(({ value }) => /"model_version":"(\w+)"/.exec(String(value))?.[1]));
    return {
      ...latency,
      ...{
        versions: versions.size,
        lost: lost.length,
        doubled: doubled.length,
        out_of_order: outOfOrder.length,
      },
      rss_before_mb: rounded(memory[WARM_UP_S - 1] as number, 0),
      rss_peak_mb: rounded(Math.max(...memory.filter(Number.isFinite)), 0),
      rss_after_mb: rounded(memory.filter(Number.isFinite).at(-1) as number, 0),
    };
  } finally {
    for (const timer of timers) clearInterval(timer);
  }
}

/** Each a link that leads elsewhere, and SIGHUP. */
function exchanges(models: ExchangedModels, consumer: ConsumerProcess): NodeJS.Timeout[] {
  return Array.from({ length: EXCHANGES }, (_, i) =>
    setTimeout(
      () => {
        models.exchange();
        process.kill(consumer.pid, 'SIGHUP');
      },
      1_000 * WARM_UP_S + i * EXCHANGE_EVERY_MS,
    ),
  );
}

function summarize({ steady, exchanged }: Record<'steady' | 'exchanged', Run[]>) {
  const of = (runs: readonly Run[], figure: keyof Run): number => median(runs.map((run) => run[figure]));
  const total = (figure: 'lost' | 'doubled' | 'out_of_order'): number =>
    [...steady, ...exchanged].reduce((sum, run) => sum + run[figure], 0);
  return {
    ...{ lost: total('lost'), doubled: total('doubled'), out_of_order: total('out_of_order') },
    steady_p99_ms: of(steady, 'p99_ms'),
    exchanged_p99_ms: of(exchanged, 'p99_ms'),
    p99_ratio: rounded(of(exchanged, 'p99_ms') / of(steady, 'p99_ms'), 3),
    mean_ratio: rounded(of(exchanged, 'mean_ms') / of(steady, 'mean_ms'), 3),
    cpu_ratio: rounded(of(exchanged, 'cpu_us_per_message') / of(steady, 'cpu_us_per_message'), 3),
    rss_before_mb: of(exchanged, 'rss_before_mb'),
    rss_peak_mb: of(exchanged, 'rss_peak_mb'),
    rss_after_mb: of(exchanged, 'rss_after_mb'),
  };
}
