import { runDemo as runWholeDemo } from '../demo/demo.ts';
import type { HttpServer } from '../http/server.ts';
import { EMBEDDED_PARTITIONS } from '../kafka/embedded.ts';
import { createLogger } from '../log.ts';
import type { HighThroughputKafkaConsumer } from '../service/high-throughput-kafka-consumer.ts';
import { onStopSignal } from './consume.ts';
import type { CommonOptions } from './common.ts';
import { serve } from './serve.ts';
import { loadSettings } from './settings.ts';

interface DemoCliOptions extends CommonOptions {
  readonly messages: number;
  readonly duration?: number;
  readonly json?: string;
  readonly keepRunning?: boolean;
}

const SEED = 1;

/** What `npm start` runs. Exit code 0 only if every message came out exactly once. */
export async function runDemo(options: DemoCliOptions, env: NodeJS.ProcessEnv): Promise<number> {
  const { config } = loadSettings(options, env, {
    'kafka.auto_offset_reset': 'earliest',
    'kafka.consumer_threads': EMBEDDED_PARTITIONS,
    // When a member joins late, the embedded broker waits for a whole session before it assigns partitions again.
    'kafka.session_timeout_ms': 6_000,
    'kafka.heartbeat_interval_ms': 500,
    'logging.level': 'warn',
    'logging.format': 'pretty',
  });
  const logger = createLogger(config.logging);
  let http: HttpServer | undefined;
  const stopped = new Promise<void>((resolve) => onStopSignal(resolve));
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  log('Starting an embedded broker, the model and the consumer.');
  const everyMessage = await runWholeDemo(config, logger, {
    messages: options.messages,
    durationS: options.duration,
    jsonFile: options.json,
    seed: SEED,
    onRunning: async (consumer) => {
      http = await serveAnywhere(consumer, log);
    },
    until: options.keepRunning === true ? stopped : undefined,
    log,
  }).finally(() => http?.stop());
  if (!everyMessage) log('Not every message came out exactly once.');
  return everyMessage ? 0 : 1;
}

/** The address of the page. If the port is taken, the demo runs without it. */
async function serveAnywhere(
  consumer: HighThroughputKafkaConsumer,
  log: (line: string) => void,
): Promise<HttpServer> {
  const { port, page } = consumer.config.http;
  const { server, url } = await serve(consumer, port).catch(() => serve(consumer, 0));
  if (page) log(`Live page: ${url}/`);
  log(`Metrics: ${url}/metrics`);
  return server;
}
