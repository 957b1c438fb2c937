import { writeFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import { type BenchReport, runBench } from '../bench/bench.ts';
import { openBroker } from '../bench/broker.ts';
import type { Config } from '../config/schema.ts';
import { createProgress } from '../demo/progress.ts';
import { formatResults, resultKeys } from '../demo/results.ts';
import {
  type CommonOptions,
  type Done,
  note,
  wholeNumber,
  withCommonOptions,
  withExamples,
} from './common.ts';
import { loadSettings } from './settings.ts';

interface Options extends CommonOptions {
  readonly duration: number;
  readonly warmUp?: number;
  readonly targetTps?: number;
  readonly broker?: string;
  readonly delivery?: string;
  readonly threads?: number;
  readonly partitions?: number;
  readonly payload: string;
  readonly openLoop?: boolean;
  readonly saturate?: boolean;
  readonly json?: string;
  readonly html?: string;
}

const TARGET_TPS = 5_000;
const WARM_UP_S_MAX = 10;

export function registerBenchCommand(program: Command, done: Done): void {
  const command = withBenchOptions(program.command('bench'))
    .description('kafka_performance_test: sends, measures from outside, compares with one message at a time')
    .option('--duration <seconds>', 'how long to send, without the warm-up', wholeNumber, 60)
    .option('--target-tps <n>', `messages a second to send and to reach (${TARGET_TPS})`, wholeNumber)
    .option('--open-loop', 'send at a fixed rate, the target (the default)')
    .option('--saturate', 'send as fast as it goes; the target, if there is one, must be reached')
    .option('--json <file>', 'write the results block as JSON, with details and course')
    .option('--html <file>', 'write a report with charts: one file, no network needed')
    .action(async (options: Options) => done(await bench(options, process.env)));
  withExamples(
    command,
    'kubesentiment bench --config configs/kafka.yaml --duration 300 --target-tps 5000',
    'kubesentiment bench --broker local --saturate --duration 30 --html report.html',
  );
}

function withBenchOptions(command: Command): Command {
  return withCommonOptions(command)
    .option(
      '--broker <where>',
      'embedded, local (a real Apache Kafka, fetched and started) or HOST:PORT',
      brokerName,
    )
    .option('--delivery <mode>', 'exactly_once or at_least_once')
    .option('--threads <n>', 'consumers of the group (kafka.consumer_threads)', wholeNumber)
    .option('--partitions <n>', 'partitions of the topics, which are its own (8)', wholeNumber)
    .option('--payload <what>', 'sst2-like, tweets-like, reviews-like, or a file of texts', 'sst2-like')
    .option(
      '--warm-up <seconds>',
      'sent before and left out (a tenth of the duration, at most 10)',
      wholeNumber,
    );
}

function brokerName(text: string): string {
  if (['embedded', 'local'].includes(text) || /^\S+:\d+$/.test(text)) return text;
  throw new InvalidArgumentError('It must be embedded, local or HOST:PORT.');
}

/** Exit code 0 only when the target was met with nothing lost and nothing doubled. */
async function bench(options: Options, env: NodeJS.ProcessEnv): Promise<number> {
  const { config } = loadBenchSettings(options, env);
  const broker = await openBroker(startedBroker(options), config, env['JAVA_HOME'], note);
  try {
    const target = options.targetTps ?? (options.saturate ? undefined : TARGET_TPS);
    const progress = createProgress({
      total: options.saturate || !target ? undefined : target * options.duration,
    });
    const report = await runBench(broker, {
      config,
      partitions: options.partitions ?? 8,
      targetTps: target,
      ratePerS: options.saturate ? undefined : target,
      durationS: options.duration,
      warmUpS: options.warmUp ?? Math.max(1, Math.min(WARM_UP_S_MAX, Math.round(options.duration / 10))),
      payload: options.payload,
      consumerArgs: consumerArgs(options, config),
      onProgress: (state) => progress.update(state),
      log: note,
    }).finally(() => progress.finish());
    await write(report, options);
    return report.passed ? 0 : 1;
  } finally {
    await broker.close();
  }
}

function startedBroker({ broker }: Options): 'embedded' | 'local' | undefined {
  return broker === 'embedded' || broker === 'local' ? broker : undefined;
}

function loadBenchSettings(options: Options, env: NodeJS.ProcessEnv) {
  const { broker, delivery, threads } = options;
  const servers = broker !== undefined && startedBroker(options) === undefined ? [broker] : undefined;
  return loadSettings(options, env, {
    ...(servers && { 'kafka.bootstrap_servers': servers }),
    ...(delivery && { 'kafka.delivery': delivery }),
    ...(threads && { 'kafka.consumer_threads': threads }),
  });
}

/** What `consume` is told: the same file and settings; it reads the same environment. */
function consumerArgs({ config: file, set = {}, model }: Options, config: Config): string[] {
  const settings = {
    'kafka.delivery': config.kafka.delivery,
    'kafka.consumer_threads': config.kafka.consumer_threads,
    ...set,
  };
  return [
    ...(file === undefined ? [] : ['--config', file]),
    ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
    ...(model === undefined ? [] : ['--model', model]),
  ];
}

async function write({ results, details, series, notes }: BenchReport, { json }: Options): Promise<void> {
  process.stdout.write(formatResults(results));
  for (const line of notes) note(line);
  if (json === undefined) return;
  const block = Object.fromEntries(resultKeys.map((key) => [key, results[key] ?? null]));
  await writeFile(json, `${JSON.stringify({ ...block, details, series }, undefined, 2)}\n`);
}
