import { type Command, InvalidArgumentError } from 'commander';
import type { BenchPlan } from '../bench/bench.ts';
import { type BenchBroker, openBroker } from '../bench/broker.ts';
import type { Config } from '../config/schema.ts';
import { type CommonOptions, note, wholeNumber, withCommonOptions } from './common.ts';
import { onStopSignal } from './consume.ts';
import { loadSettings } from './settings.ts';

/** What a single measurement and a sweep have in common. */
export interface BenchOptions extends CommonOptions {
  readonly duration: number;
  readonly warmUp?: number;
  readonly targetTps?: number;
  readonly broker?: string;
  readonly delivery?: string;
  readonly threads?: number;
  readonly partitions?: number;
  readonly payload: string;
  readonly json?: string;
  readonly html?: string;
}

const PARTITIONS = 8;
const WARM_UP_S_MAX = 10;

export function withBenchOptions(command: Command): Command {
  const where = 'embedded, local (downloads and starts a real Apache Kafka) or HOST:PORT';
  const warmUp = 'seconds of warm-up, not measured (default: a tenth of the duration, at most 10)';
  return withCommonOptions(command)
    .option('--broker <where>', where, brokerName)
    .option('--delivery <mode>', 'exactly_once or at_least_once')
    .option('--threads <n>', 'number of consumers (kafka.consumer_threads)', wholeNumber)
    .option('--partitions <n>', `partitions of the topics it creates (default: ${PARTITIONS})`, wholeNumber)
    .option('--payload <what>', 'sst2-like, tweets-like, reviews-like, or a file with texts', 'sst2-like')
    .option('--warm-up <seconds>', warmUp, wholeNumber)
    .option('--json <file>', 'write all figures as JSON')
    .option('--html <file>', 'write a self-contained report with charts');
}

function brokerName(text: string): string {
  if (['embedded', 'local'].includes(text) || /^\S+:\d+$/.test(text)) return text;
  throw new InvalidArgumentError('Must be embedded, local or HOST:PORT.');
}

/** Opens the chosen broker, runs `run`, closes the broker. A signal ends everything that was started. */
export async function withBroker<T>(
  options: BenchOptions,
  env: NodeJS.ProcessEnv,
  run: (broker: BenchBroker) => Promise<T>,
): Promise<T> {
  onStopSignal(() => process.exit(130));
  const { config } = benchConfig(options, env);
  const broker = await openBroker(startedBroker(options), config, env['JAVA_HOME'], note);
  try {
    return await run(broker);
  } finally {
    await broker.close();
  }
}

/** The configuration of the consumer with `more` settings, and the arguments that give `consume` the same one. */
export function benchConfig(
  options: BenchOptions,
  env: NodeJS.ProcessEnv,
  more: Readonly<Record<string, string>> = {},
): { readonly config: Config; readonly consumerArgs: readonly string[] } {
  const { broker, delivery, threads, config: file, model } = options;
  const servers = broker !== undefined && startedBroker(options) === undefined ? broker : undefined;
  const set = {
    ...(servers && { 'kafka.bootstrap_servers': servers }),
    ...(delivery && { 'kafka.delivery': delivery }),
    ...(threads && { 'kafka.consumer_threads': String(threads) }),
    ...options.set,
    ...more,
  };
  return {
    config: loadSettings({ ...options, set }, env).config,
    consumerArgs: [
      ...(file === undefined ? [] : ['--config', file]),
      ...Object.entries(set).flatMap(([key, value]) => ['--set', `${key}=${value}`]),
      ...(model === undefined ? [] : ['--model', model]),
    ],
  };
}

export function benchPlan(
  options: BenchOptions,
): Pick<BenchPlan, 'partitions' | 'durationS' | 'warmUpS' | 'payload' | 'log'> {
  const { duration, warmUp, partitions, payload } = options;
  return {
    partitions: partitions ?? PARTITIONS,
    durationS: duration,
    warmUpS: warmUp ?? Math.max(1, Math.min(WARM_UP_S_MAX, Math.round(duration / 10))),
    payload,
    log: note,
  };
}

function startedBroker({ broker }: BenchOptions): 'embedded' | 'local' | undefined {
  return broker === 'embedded' || broker === 'local' ? broker : undefined;
}
