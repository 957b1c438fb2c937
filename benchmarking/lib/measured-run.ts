import { availableParallelism } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { KubesentimentError } from '../../src/errors.ts';
import { uniqueName } from '../../test/helpers/kafka-broker.ts';
import type { MeasuredBroker } from './measured-broker.ts';
import type { RunNames } from './consume-command.ts';
import { ConsumerProcess } from './consumer-process.ts';
import { cpuSeconds, rssBytes, rssPeakBytes } from '../../src/bench/process-usage.ts';
import { rounded } from './statistics.ts';
import {
  countResults,
  GroupProgress,
  type ResultCount,
  type ResultFacts,
  stampedByBroker,
} from './topics.ts';

export interface RunPlan {
  readonly broker: MeasuredBroker;
  /** Already filled. */
  readonly topic: string;
  readonly messages: number;
  readonly partitions: number;
  /** Script and arguments of the consumer of this run. */
  readonly command: (names: RunNames) => readonly [string, ...string[]];
  readonly readResult: (value: Buffer) => ResultFacts;
  /**
   * `whole`: from the first message taken to the last result, which flatters nobody, even if messages overtake each
   * other in a large buffer. `steady`: without the beginning and the end, for runs that are long compared to the
   * buffer.
   */
  readonly span: 'whole' | 'steady';
}

/** What one consumer did in one run. Rates and shares refer to the span. */
export interface MeasuredRun {
  /** Results appended to the topic per second. */
  readonly tps: number;
  /** Processor time of the broker as a share of all cores. */
  readonly broker_cpu_share: number;
  readonly consumer_cpu_share: number;
  /** User and system time of the consumer process, in microseconds. */
  readonly cpu_us_per_message: number;
  readonly rss_peak_bytes: number;
  /** Resident memory after each tenth of the messages: 10 values. */
  readonly rss_bytes_by_tenth: readonly number[];
  readonly span_seconds: number;
  readonly span_messages: number;
  /** Over the whole run; both must be 0. */
  readonly lost: number;
  readonly doubled: number;
}

const SAMPLE_MS = 100;
const STALL_MS = 60_000;
/** The steady part begins when this share of the messages is done: the code is warm and the group has settled. */
const STEADY_FROM = 0.15;
/** … and ends here, while the consumer's buffer is still full. */
const STEADY_TO = 0.85;
const SPAN_MS_MIN = 1_000;

interface Sample {
  readonly atMs: number;
  readonly committed: number;
  readonly brokerS: number;
  readonly consumerS: number;
  readonly rssBytes: number;
}

/** Lets a new group read the whole topic and measures it from outside, by its results and /proc. */
export async function measureRun(plan: RunPlan): Promise<MeasuredRun> {
  const { broker, topic, partitions } = plan;
  const group = uniqueName('bench');
  const resultsTopic = `${group}-results`;
  await broker.createTopic(resultsTopic, partitions, stampedByBroker);
  const progress = new GroupProgress(broker.bootstrapServers, group, topic, partitions);
  await progress.open();
  const consumer = new ConsumerProcess(plan.command({ group, resultsTopic }));
  let samples: Sample[];
  try {
    samples = await sampleUntilDone(plan, progress, consumer);
  } catch (error) {
    consumer.kill();
    throw error;
  } finally {
    await progress.close();
  }
  const peak = rssPeakBytes(consumer.pid);
  await consumer.stop();
  const results = await countResults(broker, resultsTopic, plan.readResult);
  const rates = ratesOf(spanOf(plan, samples, results), results);
  return {
    ...rates,
    rss_peak_bytes: peak,
    rss_bytes_by_tenth: rssByTenth(plan, samples),
    ...losses(plan, results),
  };
}

async function sampleUntilDone(
  { broker, messages }: RunPlan,
  progress: GroupProgress,
  consumer: ConsumerProcess,
): Promise<Sample[]> {
  const samples: Sample[] = [];
  let movedAt = performance.now();
  for (;;) {
    const committed = await progress.committed();
    consumer.checkRunning();
    if (committed > (samples.at(-1)?.committed ?? 0)) movedAt = performance.now();
    const [brokerS, consumerS] = [cpuSeconds(broker.pid), cpuSeconds(consumer.pid)];
    const resident = rssBytes(consumer.pid);
    samples.push({ atMs: Date.now(), committed, brokerS, consumerS, rssBytes: resident });
    if (committed >= messages) return samples;
    if (performance.now() - movedAt > STALL_MS) {
      throw new KubesentimentError(
        'KS_STATE',
        `The consumer stalled at ${committed} of ${messages} messages.`,
      );
    }
    await sleep(SAMPLE_MS);
  }
}

interface Span {
  readonly first: Sample;
  readonly last: Sample;
  readonly fromMs: number;
  readonly toMs: number;
}

function spanOf({ messages, span }: RunPlan, samples: readonly Sample[], results: ResultCount): Span {
  const isWhole = span === 'whole';
  const first = isWhole
    ? samples.findLast(({ atMs }) => atMs <= results.takenAtMs)
    : samples.find(({ committed }) => committed >= STEADY_FROM * messages);
  const last = isWhole
    ? samples.at(-1)
    : samples.findLast(({ committed }) => committed <= STEADY_TO * messages);
  const fromMs = isWhole ? results.takenAtMs : (first?.atMs ?? 0);
  const toMs = isWhole ? (results.appendedAtMs.at(-1) ?? 0) : (last?.atMs ?? 0);
  if (first !== undefined && last !== undefined && toMs - fromMs >= SPAN_MS_MIN)
    return { first, last, fromMs, toMs };
  throw new KubesentimentError('KS_USAGE', 'The run was too short to measure.', {
    remedy: 'Raise --messages.',
  });
}

function ratesOf({ first, last, fromMs, toMs }: Span, { appendedAtMs }: ResultCount) {
  const count = appendedAtMs.filter((atMs) => atMs >= fromMs && atMs <= toMs).length;
  const consumerS = last.consumerS - first.consumerS;
  const coreSeconds = ((last.atMs - first.atMs) / 1000) * availableParallelism();
  return {
    tps: rounded((count * 1000) / (toMs - fromMs), 1),
    broker_cpu_share: rounded((last.brokerS - first.brokerS) / coreSeconds, 4),
    consumer_cpu_share: rounded(consumerS / coreSeconds, 4),
    cpu_us_per_message: rounded((consumerS * 1e6) / count, 2),
    span_seconds: rounded((toMs - fromMs) / 1000, 2),
    span_messages: count,
  };
}

function rssByTenth({ messages }: RunPlan, samples: readonly Sample[]): number[] {
  return Array.from({ length: 10 }, (_, tenth) => {
    const done = ((tenth + 1) * messages) / 10;
    return samples.find(({ committed }) => committed >= done)?.rssBytes ?? Number.NaN;
  });
}

function losses({ messages }: RunPlan, { records, distinct }: { records: number; distinct: number }) {
  return { lost: messages - distinct, doubled: records - distinct };
}
