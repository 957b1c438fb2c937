import { isatty } from 'node:tty';
import type { LoadedConfig } from '../config/load.ts';
import type { Config } from '../config/schema.ts';
import { endProcess, limitArenas } from '../decode/binding.ts';
import type { KubesentimentError } from '../errors.ts';
import { checkAddress, type HttpServer } from '../http/server.ts';
import { createLogger, type Logger } from '../log.ts';
import { MetricsPush } from '../otlp/push.ts';
import { pushSettings } from '../otlp/settings.ts';
import {
  HighThroughputKafkaConsumer,
  type HighThroughputKafkaConsumerOptions,
} from '../service/high-throughput-kafka-consumer.ts';
import type { CommonOptions } from './common.ts';
import { serve } from './serve.ts';
import { loadSettings } from './settings.ts';
import { Watchdog } from '../watchdog/watchdog.ts';

/** Arenas of malloc for everything but inference: JavaScript, and the threads of librdkafka. */
const OTHER_ARENAS = 2;

/** Runs the service until a signal or an error ends it. Resolves with the exit code. */
export async function runConsume(
  options: CommonOptions,
  env: NodeJS.ProcessEnv,
  more: Pick<HighThroughputKafkaConsumerOptions, 'backend'> = {},
): Promise<number> {
  const { config, warnings, origins } = loadSettings(options, env);
  const isForPeople = origins.get('logging.format') === 'default' && process.stderr.isTTY;
  const logging = isForPeople ? { ...config.logging, format: 'pretty' as const } : config.logging;
  const logger = createLogger(logging);
  for (const warning of warnings) logger.warn('config_warning', { warning });

  // Before there are threads. It costs some two per cent of the rate, so only where models come and go.
  if (config.model.watch && env['MALLOC_ARENA_MAX'] === undefined)
    limitArenas(config.model.max_threads + OTHER_ARENAS);
  const push = pushSettings(env);
  await checkAddress(config.http.host, config.http.port); // before anything is loaded, and the group has a member more
  const reload = (): LoadedConfig => loadSettings(options, env);
  const watchdog = createWatchdog({ ...config, logging }, logger);
  const consumer = new HighThroughputKafkaConsumer({ config, reload, logger, watchdog, ...more });
  let failure: KubesentimentError | undefined;
  const ended = new Promise<void>((resolve) => {
    onStopSignal(resolve, isOnTerminal() ? undefined : () => consumer.reload());
    consumer.on('error', (error) => {
      failure = error;
      resolve();
    });
  });

  const starting = consumer.start();
  starting.catch(() => undefined); // awaited below
  const http = consumer.state === 'starting' ? await startHttp(consumer) : undefined;
  const metrics = http && push && new MetricsPush(push, consumer.service.monitor, logger);
  try {
    await Promise.race([starting, ended]);
    await ended;
  } finally {
    await consumer.stop();
    await metrics?.close();
    await http?.stop();
    await watchdog?.close();
  }
  if (failure !== undefined) throw failure;
  return 0;
}

/** The process belongs to this command, so it may be ended; a program that uses the library decides for itself. */
function createWatchdog({ kafka, logging }: Config, logger: Logger): Watchdog | undefined {
  if (kafka.watchdog_timeout_ms === 0) return undefined;
  return new Watchdog({
    timeoutMs: kafka.watchdog_timeout_ms,
    logging,
    onFailure: (error) => logger.error('watchdog_failed', {}, error),
  });
}

/** A terminal that closes hangs up on what was started from it; SIGHUP from anywhere else is a request. */
function isOnTerminal(): boolean {
  return isatty(0) || isatty(2);
}

/**
 * The first signal, also from a closing terminal, drains; the second ends the process at once. `onHangUp`: what SIGHUP
 * does instead.
 */
export function onStopSignal(stop: () => void, onHangUp?: () => void): void {
  let signals = 0;
  const end = (): void => {
    if (++signals > 1) endProcess(130);
    stop();
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, end);
  process.on('SIGHUP', onHangUp ?? end);
}

async function startHttp(consumer: HighThroughputKafkaConsumer): Promise<HttpServer> {
  try {
    return (await serve(consumer, consumer.config.http.port)).server;
  } catch (error) {
    await consumer.stop();
    throw error;
  }
}
