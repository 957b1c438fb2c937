/**
 * What a flood of HTTP requests takes from the pipeline. See README.md, "HTTP flood".
 *
 * One run of the consumer; spans without a flood, with one, and with one that goes elsewhere take turns.
 */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { get } from 'node:http';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { RequestSender } from '../src/demo/request-sender.ts';
import { plainTopic } from '../src/demo/shaped-requests.ts';
import { ResultCounter } from '../src/demo/result-counter.ts';
import { KubesentimentError } from '../src/errors.ts';
import { EmbeddedBroker } from '../src/kafka/embedded.ts';
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

const TOPIC = 'sentiment_requests';
const RESULTS_TOPIC = 'sentiment_results';
const DEAD_LETTER_TOPIC = 'sentiment_requests_dlq';

interface Span {
  readonly tps: number;
  /** Of the consumer's process, for each message. */
  readonly cpuUs: number;
  /** Of that, this process (sender, broker, counter) and the one that floods. */
  readonly allCpuUs: number;
  /** Of the flooding process, of one core. */
  readonly flooderCores: number;
}

interface Round {
  readonly normal_tps: number;
  readonly flood_tps: number;
  /** While the same flood goes to a process that does nothing with it. */
  readonly elsewhere_tps: number;
  /** Processor time for each message, of the consumer: without over with the flood. */
  readonly cpu_ratio: number;
  /** The same of all processes, the flooding one too. */
  readonly all_cpu_ratio: number;
  readonly elsewhere_all_cpu_ratio: number;
  readonly normal_cpu_us_per_message: number;
  readonly flood_cpu_us_per_message: number;
  readonly flooder_cores: number;
  /** A probe from another address during the flood; -1: it was not answered. */
  readonly probe_ms: number;
}

await runTool(async (argv) => {
  const options = readOptions(argv, { messages: 1 });
  const broker = await EmbeddedBroker.start();
  const { properties } = broker;
  const otherTopics = [RESULTS_TOPIC, DEAD_LETTER_TOPIC];
  const sender = new RequestSender({
    topics: [plainTopic(TOPIC)],
    otherTopics,
    properties,
    seed: 1,
    style: 'sst2',
  });
  await sender.connect();
  const counter = new ResultCounter({
    resultsTopics: [RESULTS_TOPIC],
    deadLetterTopic: DEAD_LETTER_TOPIC,
    properties,
  });
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
  const sink = fork(new URL('./lib/flood-sink.js', import.meta.url));
  const [sinkPort] = (await once(sink, 'message')) as [number];
  const cpuTimes = () => [consumer.pid, process.pid, flooder.pid as number].map(cpuSeconds);
  let sending = true;
  let sent: Promise<void> | undefined;
  const span = async (): Promise<Span> => {
    await sleep(SETTLE_MS);
    const before = counter.total;
    const cpuBefore = cpuTimes();
    const startedAt = performance.now();
    await sleep(SPAN_MS);
    consumer.checkRunning();
    const seconds = (performance.now() - startedAt) / 1_000;
    const messages = counter.total - before;
    const [consumed = 0, own = 0, flooding = 0] = cpuTimes().map((cpu, i) => cpu - (cpuBefore[i] as number));
    return {
      tps: messages / seconds,
      cpuUs: (1e6 * consumed) / messages,
      allCpuUs: (1e6 * (consumed + own + flooding)) / messages,
      flooderCores: flooding / seconds,
    };
  };
  /** Ends the flood and says what it got so far. */
  const endFlood = async (): Promise<Record<string, number>> => {
    flooder.send({});
    return ((await once(flooder, 'message')) as [Record<string, number>])[0];
  };
  try {
    await waitFor(consumer, () => isAlive(port, '/readyz'));
    const quiet = await cpuOf(consumer.pid);
    flooder.send({ port });
    const floodCost = (await cpuOf(consumer.pid)) - quiet;
    await endFlood();
    sent = sender.run(
      () => sending,
      () => sender.sent - counter.total < AHEAD_MAX,
    );
    await waitFor(consumer, () => counter.total >= 5_000);
    const rounds: Round[] = [];
    let answers: Record<string, number> = {};
    for (let round = 1; round <= options.rounds; round++) {
      const before = await span();
      flooder.send({ port });
      const flooded = await span();
      const askedAt = performance.now();
      const probeMs = (await isAlive(port, '/livez')) ? performance.now() - askedAt : -1;
      answers = await endFlood();
      const after = await span();
      flooder.send({ port: sinkPort });
      const elsewhere = await span();
      await endFlood();
      const normal = (key: keyof Span) => (before[key] + after[key]) / 2;
      rounds.push({
        normal_tps: rounded(normal('tps'), 1),
        flood_tps: rounded(flooded.tps, 1),
        elsewhere_tps: rounded(elsewhere.tps, 1),
        cpu_ratio: rounded(normal('cpuUs') / flooded.cpuUs, 4),
        all_cpu_ratio: rounded(normal('allCpuUs') / flooded.allCpuUs, 4),
        elsewhere_all_cpu_ratio: rounded(normal('allCpuUs') / elsewhere.allCpuUs, 4),
        normal_cpu_us_per_message: rounded(normal('cpuUs'), 1),
        flood_cpu_us_per_message: rounded(flooded.cpuUs, 1),
        flooder_cores: rounded(flooded.flooderCores, 3),
        probe_ms: rounded(probeMs, 1),
      });
      say(`Round ${round}: ${JSON.stringify(rounds.at(-1))}, load ${loadavg()[0]?.toFixed(1)}`);
    }
    const of = (key: keyof Round) => rounds.map((round) => round[key]);
    report(
      'bench:http-flood',
      argv,
      options.json,
      {
        throughput_ratio: rounded(total(of('flood_tps')) / total(of('normal_tps')), 4),
        // The same flood at a process that does nothing: what the flooding process takes by itself.
        elsewhere_ratio: rounded(total(of('elsewhere_tps')) / total(of('normal_tps')), 4),
        // What the processor time alone allows; other programs on the machine do not go into it.
        cpu_ratio: median(of('cpu_ratio')),
        all_cpu_ratio: median(of('all_cpu_ratio')),
        elsewhere_all_cpu_ratio: median(of('elsewhere_all_cpu_ratio')),
        normal_tps: rounded(median(of('normal_tps')), 1),
        flood_tps: rounded(median(of('flood_tps')), 1),
        normal_cpu_us_per_message: rounded(median(of('normal_cpu_us_per_message')), 1),
        flood_cpu_us_per_message: rounded(median(of('flood_cpu_us_per_message')), 1),
        // Of one core: what the flood takes of a consumer that has nothing else to do, and of whoever floods.
        flood_cost_cores: rounded(floodCost, 3),
        flooder_cores: rounded(median(of('flooder_cores')), 3),
        doubled: counter.doubled,
      },
      { load_average: loadavg(), span_ms: SPAN_MS, answers, rounds, settings: options.set },
    );
    return counter.doubled === 0;
  } finally {
    sending = false;
    flooder.kill();
    sink.kill();
    await sent;
    await consumer.stop().catch(() => consumer.kill());
    await counter.stop();
    await sender.disconnect();
    await broker.stop();
  }
});

/** Of one core, the part that a process takes. */
async function cpuOf(pid: number): Promise<number> {
  await sleep(SETTLE_MS);
  const before = cpuSeconds(pid);
  await sleep(SPAN_MS);
  return (cpuSeconds(pid) - before) / (SPAN_MS / 1_000);
}

async function waitFor(consumer: ConsumerProcess, isThere: () => boolean | Promise<boolean>): Promise<void> {
  const endsAt = performance.now() + READY_MS;
  while (!(await isThere())) {
    consumer.checkRunning();
    if (performance.now() > endsAt)
      throw new KubesentimentError('KS_STATE', 'The consumer was not ready within a minute.');
    await sleep(100);
  }
}

/** As an orchestrator asks: from another address than the flood comes from. */
function isAlive(port: number, path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const options = { host: '127.0.0.1', port, path, localAddress: '127.0.0.2', agent: false };
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
