/**
 * What a flood of HTTP requests takes from the pipeline. See README.md, "HTTP flood".
 *
 * One run of the consumer; spans with and without a flood take turns.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { loadavg } from 'node:os';
import { RequestSender } from '../src/demo/request-sender.ts';
import { ResultCounter } from '../src/demo/result-counter.ts';
import { KubesentimentError } from '../src/errors.ts';
import { EmbeddedBroker } from '../src/kafka/embedded.ts';
import { sleep } from '../src/signal.ts';
import { freePort } from '../test/helpers/free-port.ts';
import { ConsumerProcess } from './lib/consumer-process.ts';
import { cpuSeconds } from '../src/bench/process-usage.ts';
import { readOptions } from './lib/options.ts';
import { report, runTool, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';

const SPAN_MS = 8_000;
const SETTLE_MS = 2_000;
/** The embedded broker keeps 5 MiB a partition. */
const AHEAD_MAX = 12_000;
const READY_MS = 60_000;

const topic = 'sentiment_requests';
const resultsTopic = 'sentiment_results';
const deadLetterTopic = 'sentiment_requests_dlq';

interface Span {
  readonly tps: number;
  /** Of the consumer's process, for each message. */
  readonly cpuUs: number;
}

interface Round {
  readonly normal_tps: number;
  readonly flood_tps: number;
  readonly normal_cpu_us_per_message: number;
  readonly flood_cpu_us_per_message: number;
  /** A probe from another address during the flood; -1: it was not answered. */
  readonly probe_ms: number;
}

await runTool(async (argv) => {
  const options = readOptions(argv, { messages: 1 });
  const broker = await EmbeddedBroker.start();
  const { properties } = broker;
  const otherTopics = [resultsTopic, deadLetterTopic];
  const sender = new RequestSender({ topic, otherTopics, properties, seed: 1, style: 'sst2' });
  await sender.connect();
  const counter = new ResultCounter({ resultsTopic, deadLetterTopic, properties });
  await counter.start();
  const port = await freePort();
  const settings = {
    'kafka.bootstrap_servers': broker.bootstrapServers,
    'kafka.auto_offset_reset': 'earliest',
    'kafka.consumer_threads': 4,
    'http.port': port,
    'logging.level': 'warn',
  };
  const sets = [...Object.entries(settings).map(([key, value]) => `${key}=${value}`), ...options.set];
  const consumer = new ConsumerProcess([
    'bin/kubesentiment.cjs',
    'consume',
    ...sets.flatMap((set) => ['--set', set]),
  ]);
  const flooder = fork(new URL('./lib/http-flooder.js', import.meta.url));
  let sending = true;
  const sent = sender.run(
    () => sending,
    () => sender.sent - counter.total < AHEAD_MAX,
  );
  const span = async (): Promise<Span> => {
    await sleep(SETTLE_MS);
    const before = counter.total;
    const cpuBefore = cpuSeconds(consumer.pid);
    const startedAt = performance.now();
    await sleep(SPAN_MS);
    consumer.checkRunning();
    const seconds = (performance.now() - startedAt) / 1_000;
    const messages = counter.total - before;
    return { tps: messages / seconds, cpuUs: (1e6 * (cpuSeconds(consumer.pid) - cpuBefore)) / messages };
  };
  try {
    await waitForResults(counter, consumer);
    const rounds: Round[] = [];
    let answers: Record<string, number> = {};
    for (let round = 1; round <= options.rounds; round++) {
      const before = await span();
      flooder.send({ port });
      const flooded = await span();
      const askedAt = performance.now();
      const probeMs = (await isAlive(port)) ? performance.now() - askedAt : -1;
      flooder.send({});
      [answers] = (await once(flooder, 'message')) as [Record<string, number>];
      const after = await span();
      rounds.push({
        normal_tps: rounded((before.tps + after.tps) / 2, 1),
        flood_tps: rounded(flooded.tps, 1),
        normal_cpu_us_per_message: rounded((before.cpuUs + after.cpuUs) / 2, 1),
        flood_cpu_us_per_message: rounded(flooded.cpuUs, 1),
        probe_ms: rounded(probeMs, 1),
      });
      say(`Round ${round}: ${JSON.stringify(rounds.at(-1))}, load ${loadavg()[0]?.toFixed(1)}`);
    }
    const of = (key: keyof Round) => rounds.map((round) => round[key]);
    const [normalCpu, floodCpu] = [
      median(of('normal_cpu_us_per_message')),
      median(of('flood_cpu_us_per_message')),
    ];
    report(
      'bench:http-flood',
      argv,
      options.json,
      {
        throughput_ratio: rounded(total(of('flood_tps')) / total(of('normal_tps')), 4),
        normal_tps: rounded(median(of('normal_tps')), 1),
        flood_tps: rounded(median(of('flood_tps')), 1),
        // What the processor time alone allows; other programs on the machine do not go into it.
        cpu_ratio: rounded(normalCpu / floodCpu, 4),
        normal_cpu_us_per_message: rounded(normalCpu, 1),
        flood_cpu_us_per_message: rounded(floodCpu, 1),
        doubled: counter.doubled,
      },
      { load_average: loadavg(), span_ms: SPAN_MS, answers, rounds, settings: options.set },
    );
    return counter.doubled === 0;
  } finally {
    sending = false;
    flooder.kill();
    await sent;
    await consumer.stop().catch(() => consumer.kill());
    await counter.stop();
    await sender.disconnect();
    await broker.stop();
  }
});

async function waitForResults(counter: ResultCounter, consumer: ConsumerProcess): Promise<void> {
  const endsAt = performance.now() + READY_MS;
  while (counter.total < 5_000) {
    consumer.checkRunning();
    if (performance.now() > endsAt)
      throw new KubesentimentError('KS_STATE', 'No results came within a minute.');
    await sleep(100);
  }
}

/** As an orchestrator asks: from another address than the flood comes from. */
function isAlive(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path: '/livez', localAddress: '127.0.0.2', agent: false };
    const asked = get(options, (response) => {
      response.resume();
      resolve(response.statusCode === 200);
    });
    asked.on('error', () => resolve(false));
  });
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
