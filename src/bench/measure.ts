import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { GroupReader } from '../kafka/group-reader.ts';
import type { Histogram } from '../metrics/histogram.ts';
import type { KafkaMetrics } from '../metrics/kafka-metrics.ts';
import { Backlog } from './backlog.ts';
import type { BenchBroker } from './broker.ts';
import { ConsumerProcess } from './consumer-process.ts';
import type { SendReport, SendTask } from './generator-messages.ts';
import { GeneratorProcess } from './generator-process.ts';
import { Observer } from './observer.ts';
import { cpuSeconds, rssPeakBytes } from './process-usage.ts';
import { Sampler } from './sampler.ts';
import type { SeriesPoint } from './series.ts';

export interface Plan {
  readonly broker: BenchBroker;
  readonly partitions: number;
  /** undefined: as fast as possible. */
  readonly ratePerS: number | undefined;
  readonly durationS: number;
  /** Sent first, and excluded. */
  readonly warmUpS: number;
  readonly payload: string;
  /** For `consume`: the configuration file and settings, except broker, topics and group. */
  readonly consumerArgs: readonly string[];
  readonly onProgress: (progress: { readonly done: number; readonly lag: number }) => void;
  readonly log: (line: string) => void;
}

/** One consumer process, measured from outside: by the topics, the clock and /proc. */
export interface Measured {
  /** Counted in the request topic, without the warm-up. */
  readonly sent: number;
  readonly warmUpSent: number;
  readonly results: number;
  readonly deadLetters: number;
  /** Of warm-up and measurement. */
  readonly lost: number;
  readonly doubled: number;
  readonly retries: number;
  /** From the first message sent to the last one visible. */
  readonly seconds: number;
  readonly processing: Histogram;
  readonly endToEnd: Histogram;
  readonly series: readonly SeriesPoint[];
  readonly generator: SendReport;
  /** Messages a second that the generator can send when nothing else is running. */
  readonly generatorTpsMax: number;
  /** Processor time in the measured span; NaN if unknown. */
  readonly cpu: { readonly consumer: number; readonly broker: number; readonly observer: number };
  readonly rssPeakBytes: number;
  readonly metrics: KafkaMetrics | undefined;
}

/** The default of Kafka's own producers and of librdkafka. A backlog has waited longer than that anyway. */
const LINGER_MS = 5;
const BACKLOG_LINGER_MS = 50;
const CAPACITY_MS = 1_000;
/** If nothing comes out for this long, the rest is considered lost. */
const STALL_MS = 30_000;
const TICK_MS = 20;

export async function measure(plan: Plan): Promise<Measured> {
  const id = `kubesentiment-bench-${randomUUID().slice(0, 8)}`;
  const topics = {
    requests: `${id}-requests`,
    results: `${id}-results`,
    deadLetters: `${id}-dead-letters`,
    capacity: `${id}-capacity`,
  };
  const names = Object.values(topics);
  const { broker } = plan;
  await broker.createTopics(names, plan.partitions);
  const generator = new GeneratorProcess();
  const observer = new Observer({
    resultsTopic: topics.results,
    deadLetterTopic: topics.deadLetters,
    properties: broker.properties,
  });
  const requests = new GroupReader({ group: id, properties: broker.properties });
  let consumer: ConsumerProcess | undefined;
  try {
    await generator.setup({
      properties: broker.properties,
      topics: names,
      payload: plan.payload,
      lingerMs: plan.ratePerS === undefined ? BACKLOG_LINGER_MS : LINGER_MS,
    });
    const capacity = await generator.send({
      topic: topics.capacity,
      idPrefix: 'c',
      ratePerS: undefined,
      durationMs: CAPACITY_MS,
      keepsBack: false,
    });
    await requests.connect();
    await observer.start();
    consumer = new ConsumerProcess(consumerArgs(plan, id, topics));
    await consumer.ready();
    const run = new Run(plan, topics.requests, { generator, observer, requests, consumer });
    const measured = await run.measure(capacity.sent / capacity.seconds);
    await consumer.stop();
    return measured;
  } finally {
    await consumer?.kill();
    await generator.end();
    await observer.stop();
    await requests.close();
    await broker.deleteTopics(names);
  }
}

interface Parts {
  readonly generator: GeneratorProcess;
  readonly observer: Observer;
  readonly requests: GroupReader;
  readonly consumer: ConsumerProcess;
}

class Run {
  readonly #plan: Plan;
  readonly #topic: string;
  readonly #parts: Parts;

  constructor(plan: Plan, topic: string, parts: Parts) {
    this.#plan = plan;
    this.#topic = topic;
    this.#parts = parts;
  }

  async measure(generatorTpsMax: number): Promise<Measured> {
    const { plan, observer, consumer } = { plan: this.#plan, ...this.#parts };
    plan.log(`Warming up for ${plan.warmUpS} s; this is excluded from the results.`);
    observer.begin();
    await this.#send('w', plan.warmUpS, () => undefined);
    const warmUp = { ...observer.now };
    const warmUpSent = await this.#written();
    plan.log(`Measuring for ${plan.durationS} s.`);
    observer.begin();
    const before = this.#cpu();
    const sampler = new Sampler(this.#parts, plan.durationS);
    const startedAt = performance.now();
    const generator = await this.#send('m', plan.durationS, () => sampler.tick());
    const after = this.#cpu();
    const written = await this.#written();
    const { now } = observer;
    const lost = written - (now.results + now.deadLetters) - (warmUp.results + warmUp.deadLetters);
    return {
      ...{ sent: written - warmUpSent, warmUpSent, generator, generatorTpsMax },
      ...{ results: now.results, deadLetters: now.deadLetters, retries: now.retries },
      ...{ lost, doubled: now.doubled + warmUp.doubled },
      seconds: (now.lastAt - startedAt) / 1_000,
      processing: now.processing,
      endToEnd: now.endToEnd,
      series: sampler.points,
      cpu: {
        consumer: after.consumer - before.consumer,
        broker: after.broker - before.broker,
        observer: after.observer - before.observer,
      },
      rssPeakBytes: rssPeakBytes(consumer.pid),
      metrics: await consumer.metrics(),
    };
  }

  /** Resolves when everything that was sent came out, or when nothing more comes. */
  async #send(idPrefix: string, seconds: number, tick: () => void): Promise<SendReport> {
    const { ratePerS, broker, onProgress } = this.#plan;
    const { generator, observer, consumer } = this.#parts;
    const task: SendTask = {
      topic: this.#topic,
      idPrefix,
      ratePerS,
      durationMs: seconds * 1_000,
      keepsBack: true,
    };
    const backlog = new Backlog(broker.aheadMax);
    let report: SendReport | undefined;
    const sending = generator.send(task).then((done) => {
      report = done;
    });
    sending.catch(() => undefined); // awaited below
    while (report === undefined || observer.visible < report.sent) {
      consumer.checkRunning();
      generator.tellVisible(observer.visible, backlog.messages(observer.visible, performance.now()));
      tick();
      if (idPrefix === 'm') onProgress({ done: observer.visible, lag: generator.sent - observer.visible });
      if (performance.now() - observer.now.lastAt > STALL_MS) break;
      await Promise.race([sleep(TICK_MS), sending.then(() => sleep(TICK_MS))]);
    }
    await sending;
    tick();
    return report as unknown as SendReport;
  }

  /** Messages in the request topic, according to the broker. */
  async #written(): Promise<number> {
    const partitions = await this.#parts.requests.partitionsOf(this.#topic);
    const ends = await this.#parts.requests.ends(partitions);
    return ends.reduce((sum, { high }) => sum + high, 0);
  }

  #cpu(): Measured['cpu'] {
    const { user, system } = process.cpuUsage();
    const { pid } = this.#plan.broker;
    return {
      consumer: cpuSeconds(this.#parts.consumer.pid),
      broker: pid === undefined ? Number.NaN : cpuSeconds(pid),
      observer: (user + system) / 1e6,
    };
  }
}

function consumerArgs(
  { broker, consumerArgs: args }: Plan,
  id: string,
  topics: { readonly requests: string; readonly results: string; readonly deadLetters: string },
): string[] {
  const settings = {
    'kafka.enabled': true,
    'kafka.bootstrap_servers': broker.bootstrapServers,
    'kafka.consumer_group': id,
    'kafka.topic': topics.requests,
    'kafka.topics': JSON.stringify([{ topic: topics.requests }]), // nor may any come from them
    'kafka.results_topic': topics.results,
    'result.routes': '{}', // nothing may go to topics of others
    'result.format': 'json', // what the observer reads; nor may a registry get a subject for each run
    'kafka.dlq_enabled': true,
    'kafka.dlq_topic': topics.deadLetters,
    'kafka.auto_offset_reset': 'earliest',
  };
  return [...args, ...Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`])];
}
