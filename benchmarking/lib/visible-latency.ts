import { setTimeout as sleep } from 'node:timers/promises';
import rdkafka from 'node-rdkafka';
import { cpuSeconds } from '../../src/bench/process-usage.ts';
import { KubesentimentError } from '../../src/errors.ts';
import { uniqueName } from '../../test/helpers/kafka-broker.ts';
import type { RunNames } from './consume-command.ts';
import type { ConsumerProcess } from './consumer-process.ts';
import { rounded } from './statistics.ts';
import type { TopicBroker } from './topics.ts';

export interface LatencyPlan {
  readonly broker: TopicBroker;
  readonly partitions: number;
  /** Requests a second. */
  readonly rate: number;
  readonly seconds: number;
  /** Left out, counted from when the sender starts: the group settles and the code warms up. Default 5. */
  readonly warmUpS?: number;
  /** Starts the process that is measured. */
  readonly start: (names: LatencyNames) => ConsumerProcess;
  /** `dueAtMs`: when the request should have been sent, ms since 1970. */
  readonly onResult?: (dueAtMs: number, latencyMs: number) => void;
}

export interface LatencyNames extends RunNames {
  readonly topic: string;
}

/** From the time at which a request is due to the time at which a reader of committed records has its result. */
export interface VisibleLatency {
  readonly mean_ms: number;
  readonly p50_ms: number;
  readonly p99_ms: number;
  readonly sent: number;
  readonly received: number;
  /** User and system time of the process, without the warm-up, in microseconds. */
  readonly cpu_us_per_message: number;
}

const STEP_MS = 5;
const WARM_UP_S = 5;
const REST_MS = 300_000;
const TIMEOUT_MS = 30_000;

/** Runs one process, of the service or a peer, between a sender that keeps its pace and a reader. */
export async function visibleLatency(plan: LatencyPlan): Promise<VisibleLatency> {
  const { broker, partitions } = plan;
  const group = uniqueName('latency');
  const names = { topic: `${group}-requests`, group, resultsTopic: `${group}-results` };
  await broker.createTopic(names.topic, partitions);
  await broker.createTopic(names.resultsTopic, partitions);
  const consumer = plan.start(names);
  const sender = new rdkafka.Producer({ ...client(broker), 'linger.ms': 1 }, {});
  const reader = new rdkafka.KafkaConsumer(
    {
      ...client(broker),
      'group.id': `${group}-reader`,
      'isolation.level': 'read_committed',
      'fetch.wait.max.ms': 10,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  const stop = new AbortController();
  let sending: Sending | undefined;
  try {
    for (const each of [sender, reader] as rdkafka.Client<string>[]) {
      await new Promise<void>((done, fail) => {
        each.connect({ timeout: TIMEOUT_MS }, (error) => (error ? fail(error) : done()));
      });
    }
    reader.setDefaultConsumeTimeout(1);
    reader.assign(
      Array.from({ length: partitions }, (_, partition) => ({
        topic: names.resultsTopic,
        partition,
        offset: 0,
      })),
    );
    sending = send(sender, names.topic, plan, stop.signal);
    const figures = await receive(reader, sending, consumer, plan.onResult);
    await consumer.stop();
    return figures;
  } catch (error) {
    consumer.kill();
    throw error;
  } finally {
    // A client that is disconnected must not be sent anything.
    stop.abort();
    await sending?.done.catch(() => undefined);
    for (const each of [sender, reader]) await new Promise<void>((done) => each.disconnect(() => done()));
  }
}

interface Sending {
  readonly countedFromMs: number;
  readonly done: Promise<number>;
}

/** A sender that falls behind catches up, and the latency counts from when it should have sent. */
function send(
  sender: rdkafka.Producer,
  topic: string,
  { partitions, rate, seconds, warmUpS = WARM_UP_S }: LatencyPlan,
  signal: AbortSignal,
): Sending {
  const startedAt = Date.now();
  const total = Math.round(rate * (seconds + warmUpS));
  const run = async (): Promise<number> => {
    let sent = 0;
    while (sent < total && !signal.aborted) {
      const due = Math.min(total, Math.floor(((Date.now() - startedAt) * rate) / 1_000));
      for (; sent < due; sent++) {
        const timestamp = Math.round(startedAt + (sent * 1_000) / rate);
        const text = `Number ${sent} was a joy from the first minute to the last.`;
        sender.produce(
          topic,
          sent % partitions,
          Buffer.from(JSON.stringify({ id: `n-${sent}`, text, timestamp })),
        );
      }
      sender.poll();
      await sleep(STEP_MS);
    }
    return sent;
  };
  return { countedFromMs: startedAt + 1_000 * warmUpS, done: run() };
}

async function receive(
  reader: rdkafka.KafkaConsumer,
  { countedFromMs, done }: Sending,
  consumer: ConsumerProcess,
  onResult: LatencyPlan['onResult'],
): Promise<VisibleLatency> {
  let sent = Number.POSITIVE_INFINITY;
  let deadline = Number.POSITIVE_INFINITY;
  void done.then(
    (count) => {
      sent = count;
      deadline = Date.now() + REST_MS;
    },
    () => {
      deadline = 0;
    },
  );
  const latencies: number[] = [];
  let cpuFromS: number | undefined;
  for (let received = 0; received < sent; ) {
    consumer.checkRunning();
    if (Date.now() > deadline)
      throw new KubesentimentError('KS_STATE', `${received} of ${sent} results came.`);
    const records = await new Promise<rdkafka.Message[]>((resolve) => {
      reader.consume(1_000, (error, found) => resolve(error ? [] : found));
    });
    const now = Date.now();
    if (now >= countedFromMs) cpuFromS ??= cpuSeconds(consumer.pid);
    received += records.length;
    for (const { value } of records) {
      const { timestamp } = JSON.parse(String(value)) as { timestamp: number };
      if (timestamp >= countedFromMs) latencies.push(now - timestamp);
      onResult?.(timestamp, now - timestamp);
    }
    if (records.length === 0) await sleep(1);
  }
  const cpuS = cpuSeconds(consumer.pid) - (cpuFromS ?? Number.NaN);
  latencies.sort((a, b) => a - b);
  const at = (share: number): number => latencies[Math.floor(share * (latencies.length - 1))] as number;
  const mean = latencies.reduce((sum, each) => sum + each, 0) / latencies.length;
  return {
    ...{ mean_ms: rounded(mean, 2), p50_ms: at(0.5), p99_ms: at(0.99), sent, received: sent },
    cpu_us_per_message: rounded((1e6 * cpuS) / latencies.length, 1),
  };
}

function client(broker: Pick<TopicBroker, 'bootstrapServers'>): Record<string, string | number> {
  return { 'bootstrap.servers': broker.bootstrapServers, log_level: 3 };
}
