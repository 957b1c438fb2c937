import { availableParallelism } from 'node:os';
import { consumerCount } from '../config/consumer-count.ts';
import type { Config } from '../config/schema.ts';
import { type BenchResults, improvement, machineInfo } from './results.ts';
import { librdkafkaVersion } from '../kafka/version.ts';
import { readConfiguredModel } from '../predict/model-parts.ts';
import { StreamProcessor } from '../predict/stream-processor.ts';
import { buildInfo } from '../service/versions.ts';
import type { BenchBroker } from './broker.ts';
import { type Measured, measure, type Plan } from './measure.ts';
import { payloadTexts } from './payload.ts';
import type { SeriesPoint } from './series.ts';

export interface BenchPlan extends Omit<Plan, 'broker' | 'partitions'> {
  readonly config: Config;
  readonly partitions: number;
  readonly targetTps: number | undefined;
  /** Default: true, unless there is no model. */
  readonly withBaseline?: boolean;
  /** Called when the measurement is over: `onProgress` is not called again. */
  readonly onMeasured?: () => void;
}

/** The results block, and what is needed to judge it. */
export interface BenchReport {
  readonly results: BenchResults;
  readonly details: BenchDetails;
  readonly series: readonly SeriesPoint[];
  /** Whether the target was met with nothing lost or duplicated. */
  readonly passed: boolean;
  /** For the reader: what was excluded and what may be in doubt. */
  readonly notes: readonly string[];
}

export interface BenchDetails {
  readonly date: string;
  readonly broker: string;
  readonly mode: 'open-loop' | 'saturate';
  readonly partitions: number;
  readonly payload: string;
  readonly warm_up_seconds: number;
  readonly warm_up_messages: number;
  readonly lost: number;
  readonly doubled: number;
  readonly generator: {
    readonly is_limit: boolean;
    readonly tps_max: number;
    readonly late_p99_ms: number;
    readonly late_max_ms: number;
    readonly cpu_seconds: number;
  };
  /** Share of all cores in the measured span; null if unknown. */
  readonly cpu_share: Readonly<Record<'consumer' | 'broker' | 'generator' | 'observer', number | null>>;
  readonly padding_ratio: number | null;
  readonly avg_batch_rows: number | null;
  readonly inference_threads: number | null;
}

const BASELINE_MS = 3_000;
const TOKEN_SAMPLE = 1_000;
/** At a fixed rate the last result comes shortly after the last message. */
const TAIL_S = 1;
const TAIL_SHARE = 0.01;
/** The generator may have been the limit unless it can send this many times the rate. */
const GENERATOR_SPARE = 1.5;

/** One measurement and its baseline, on a broker that is already connected. */
export async function runBench(broker: BenchBroker, plan: BenchPlan): Promise<BenchReport> {
  const { config, log } = plan;
  const texts = payloadTexts(plan.payload, TOKEN_SAMPLE);
  const { withBaseline = config.model.path !== null } = plan;
  if (withBaseline) log('Measuring the baseline: the same model, one message at a time, no batching.');
  const { baselineTps, tokensPerMessage } = await measureBaseline(config, texts, withBaseline);
  const partitions = broker.partitions ?? plan.partitions;
  const measured = await measure({ ...plan, broker, partitions }).finally(plan.onMeasured);
  const results = summarize(plan, measured, baselineTps, tokensPerMessage);
  const details = detail(broker, { ...plan, partitions }, measured);
  return {
    results,
    details,
    series: measured.series,
    passed: isMet(plan, results) && details.lost === 0 && details.doubled === 0,
    notes: notesOf(plan, results, details),
  };
}

/** One message at a time, without Kafka in between, which favours the baseline. */
async function measureBaseline(config: Config, texts: readonly string[], isWanted: boolean) {
  const processor = new StreamProcessor(config, readConfiguredModel(config));
  try {
    const lengths = processor.tokenize(texts).map((ids) => ids.length);
    const tokensPerMessage = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
    if (!isWanted) return { baselineTps: undefined, tokensPerMessage };
    await processor.predict(texts.slice(0, 20));
    const startedAt = performance.now();
    let count = 0;
    while (performance.now() - startedAt < BASELINE_MS) {
      await processor.predict([texts[count++ % texts.length] as string]);
    }
    return { baselineTps: (count * 1_000) / (performance.now() - startedAt), tokensPerMessage };
  } finally {
    await processor.close();
  }
}

function summarize(
  { config, targetTps }: BenchPlan,
  measured: Measured,
  baselineTps: number | undefined,
  tokensPerMessage: number,
): BenchResults {
  const { processing, endToEnd, sent, results, deadLetters, seconds } = measured;
  const tps = seconds > 0 ? (results + deadLetters) / seconds : 0;
  const build = buildInfo(readConfiguredModel(config), config.kafka.delivery);
  return {
    test_duration_seconds: seconds,
    messages_sent: sent,
    messages_processed: results,
    achieved_tps: tps,
    target_tps: targetTps,
    baseline_tps: baselineTps,
    throughput_improvement: improvement(tps, baselineTps, targetTps),
    avg_processing_time_ms: processing.mean,
    p50_processing_time_ms: processing.percentile(50),
    p95_processing_time_ms: processing.percentile(95),
    p99_processing_time_ms: processing.percentile(99),
    p50_end_to_end_ms: endToEnd.percentile(50),
    p95_end_to_end_ms: endToEnd.percentile(95),
    p99_end_to_end_ms: endToEnd.percentile(99),
    success_rate: sent === 0 ? 100 : (100 * results) / sent,
    messages_retried: measured.retries,
    messages_failed: deadLetters,
    messages_dlq: deadLetters,
    consumer_threads: consumerCount(config.kafka),
    delivery: config.kafka.delivery,
    model: `${build.model} ${build.modelVersion}`,
    tokens_per_message: tokensPerMessage,
    cpu_seconds: known(measured.cpu.consumer) ?? undefined,
    rss_peak_bytes: known(measured.rssPeakBytes) ?? undefined,
    machine: machineInfo({ librdkafka: librdkafkaVersion(), onnxruntime: build.onnxruntimeVersion }),
  };
}

function detail(broker: BenchBroker, plan: BenchPlan, measured: Measured): BenchDetails {
  const { generator, generatorTpsMax, cpu, seconds, metrics } = measured;
  const share = (cpuS: number): number | null => known(cpuS / (seconds * availableParallelism()));
  return {
    date: new Date().toISOString(),
    broker: broker.name,
    mode: plan.ratePerS === undefined ? 'saturate' : 'open-loop',
    partitions: plan.partitions,
    payload: plan.payload,
    warm_up_seconds: plan.warmUpS,
    warm_up_messages: measured.warmUpSent,
    lost: measured.lost,
    doubled: measured.doubled,
    generator: {
      is_limit: generatorTpsMax < (GENERATOR_SPARE * measured.results) / seconds,
      tps_max: generatorTpsMax,
      late_p99_ms: generator.lateP99Ms,
      late_max_ms: generator.lateMaxMs,
      cpu_seconds: generator.cpuSeconds,
    },
    cpu_share: {
      consumer: share(cpu.consumer),
      broker: share(cpu.broker),
      generator: share(generator.cpuSeconds),
      observer: share(cpu.observer),
    },
    padding_ratio: metrics?.padding_ratio ?? null,
    avg_batch_rows: metrics?.avg_batch_rows ?? null,
    inference_threads: metrics?.inference_threads ?? null,
  };
}

/**
 * At a fixed rate no more can come out than goes in, so the target is met if the last result was visible within a
 * second of being sent, or within one per cent of the duration. At saturation the rate itself must reach the target.
 */
function isMet({ targetTps, ratePerS, durationS }: BenchPlan, results: BenchResults): boolean {
  if (results.messages_sent === 0) return false;
  if (targetTps === undefined) return true;
  if (ratePerS === undefined) return results.achieved_tps >= targetTps;
  const allowedS = durationS + Math.max(TAIL_S, TAIL_SHARE * durationS);
  return results.achieved_tps >= (targetTps * durationS) / allowedS;
}

function notesOf(plan: BenchPlan, results: BenchResults, details: BenchDetails): string[] {
  const { generator, lost, doubled } = details;
  const whole = (value: number): string => Math.round(value).toLocaleString('en-US');
  const ms = (value: number | undefined): string => `${(value ?? 0).toFixed(1)} ms`;
  const { p50_end_to_end_ms: p50, p95_end_to_end_ms: p95, p99_end_to_end_ms: p99 } = results;
  const notes = [
    `Warm-up of ${details.warm_up_seconds} s (${whole(details.warm_up_messages)} messages) excluded.`,
    `End to end, from the intended send time to visible to a read_committed consumer: ` +
      `p50 ${ms(p50)}, p95 ${ms(p95)}, p99 ${ms(p99)}` +
      `${plan.ratePerS === undefined ? ' (with a backlog, which saturation keeps on purpose)' : ''}.`,
    `The generator, a separate process, can send ${whole(generator.tps_max)} messages/s: ` +
      `${generator.is_limit ? 'it may have been the limit' : 'it was not the limit'}. ` +
      `99 % left at most ${ms(generator.late_p99_ms)} after they were due, which counts as latency.`,
  ];
  if (lost > 0) notes.push(`LOST: ${whole(lost)} messages did not come out.`);
  if (doubled > 0) notes.push(`DOUBLED: ${whole(doubled)} results came out more than once.`);
  if (!isMet(plan, results)) notes.push('The target was not met.');
  return notes;
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
