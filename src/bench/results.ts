import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';

/**
 * The results of a run of `bench` or `demo`. The keys are those of the JSON report; an undefined key was not
 * measured, and no other figure is substituted for it.
 */
export interface BenchResults {
  readonly test_duration_seconds: number;
  /** Counted in the broker's topics, as are `messages_processed` and `messages_dlq`. */
  readonly messages_sent: number;
  /** Results, without dead letters. */
  readonly messages_processed: number;
  readonly achieved_tps: number;
  readonly target_tps?: number | undefined;
  /** The same model on the same machine, one message at a time. */
  readonly baseline_tps?: number | undefined;
  readonly throughput_improvement?: number | undefined;
  /** From poll to result. */
  readonly avg_processing_time_ms?: number | undefined;
  readonly p50_processing_time_ms?: number | undefined;
  readonly p95_processing_time_ms?: number | undefined;
  readonly p99_processing_time_ms?: number | undefined;
  /** From the intended send time to the commit of the result. */
  readonly p50_end_to_end_ms?: number | undefined;
  readonly p95_end_to_end_ms?: number | undefined;
  readonly p99_end_to_end_ms?: number | undefined;
  /** Percentage of the messages sent that came out as results. */
  readonly success_rate?: number | undefined;
  readonly messages_retried?: number | undefined;
  readonly messages_failed?: number | undefined;
  readonly messages_dlq?: number | undefined;
  readonly consumer_threads: number;
  readonly delivery: string;
  readonly model: string;
  readonly tokens_per_message?: number | undefined;
  /** User and system time of the process. */
  readonly cpu_seconds?: number | undefined;
  readonly rss_peak_bytes?: number | undefined;
  readonly machine: MachineInfo;
}

/** Versions that only the modules owning the libraries know. */
export interface LibraryVersions {
  readonly node_rdkafka?: string | undefined;
  readonly librdkafka?: string | undefined;
  readonly onnxruntime?: string | undefined;
}

export interface MachineInfo extends LibraryVersions {
  readonly cpu: string;
  /** Cores that this process may use. */
  readonly cores: number;
  readonly memory_bytes: number;
  readonly os: string;
  readonly node: string;
}

export function machineInfo(libraries: LibraryVersions = {}): MachineInfo {
  return {
    cpu: cpus()[0]?.model.trim() || 'unknown',
    cores: availableParallelism(),
    memory_bytes: totalmem(),
    os: `${platform()} ${release()} ${arch()}`,
    node: process.version,
    ...libraries,
  };
}

/**
 * How many times the throughput of one message at a time. Undefined for a run whose target was below that: such a
 * factor would describe the target, not the program.
 */
export function improvement(
  achievedTps: number,
  baselineTps: number | undefined,
  targetTps: number | undefined,
): number | undefined {
  if (baselineTps === undefined) return undefined;
  const isHeldBack = targetTps !== undefined && targetTps < baselineTps;
  return isHeldBack ? undefined : achievedTps / baselineTps;
}

/** The results block, ending with a line feed. Values that were not measured have no line. */
export function formatResults(results: BenchResults): string {
  const r = results;
  const lines = [
    '🎉 Performance Test Results',
    '='.repeat(50),
    `⏱️  Test Duration: ${decimals(r.test_duration_seconds)} seconds`,
    `📤 Messages Sent: ${whole(r.messages_sent)}`,
    `📥 Messages Processed: ${whole(r.messages_processed)}`,
    `📈 Achieved TPS: ${rate(r.achieved_tps)}`,
    line(r.target_tps, (tps) => `🎯 Target TPS: ${rate(tps)}`),
    line(
      r.throughput_improvement,
      (factor) =>
        `🚀 Throughput Improvement: ${decimals(factor)}x   (over one message at a time, measured in this run)`,
    ),
    line(
      r.avg_processing_time_ms,
      (ms) => `⚡ Avg Processing Time: ${decimals(ms)} ms${r.target_tps === undefined ? MOSTLY_WAITING : ''}`,
    ),
    line(r.success_rate, (percent) => `✅ Success Rate: ${roundedDown(percent)}%`),
    line(r.messages_retried, (count) => `🔄 Retries: ${whole(count)}`),
    line(r.messages_dlq, (count) => `💀 Dead Letter Queue: ${whole(count)}`),
    `🧵 Consumer Threads: ${whole(r.consumer_threads)}`,
  ];
  return `${lines.filter((text) => text !== undefined).join('\n')}\n`;
}

/** Without a target more is in flight than the model can take at once. */
const MOSTLY_WAITING = '   (from poll to commit; sent as fast as possible, so mostly waiting)';

/** One JSON document with every key; `null` means not measured. */
export function toJson(results: BenchResults): string {
  const document = Object.fromEntries(resultKeys.map((key) => [key, results[key] ?? null]));
  return `${JSON.stringify(document, undefined, 2)}\n`;
}

/** In report order. */
export const resultKeys = [
  'test_duration_seconds',
  'messages_sent',
  'messages_processed',
  'achieved_tps',
  'target_tps',
  'baseline_tps',
  'throughput_improvement',
  'avg_processing_time_ms',
  'p50_processing_time_ms',
  'p95_processing_time_ms',
  'p99_processing_time_ms',
  'p50_end_to_end_ms',
  'p95_end_to_end_ms',
  'p99_end_to_end_ms',
  'success_rate',
  'messages_retried',
  'messages_failed',
  'messages_dlq',
  'consumer_threads',
  'delivery',
  'model',
  'tokens_per_message',
  'cpu_seconds',
  'rss_peak_bytes',
  'machine',
] as const satisfies readonly (keyof BenchResults)[];

const wholeFormat = new Intl.NumberFormat('en-US', { maximumFractionDigits: 0 });
const twoDecimals = new Intl.NumberFormat('en-US', { minimumFractionDigits: 2, maximumFractionDigits: 2 });

/** "1,500,000". */
export function whole(value: number): string {
  return wholeFormat.format(value);
}

function decimals(value: number): string {
  return twoDecimals.format(value);
}

/** Whole messages a second, but two decimals for small values. */
function rate(tps: number): string {
  return tps < 100 && !Number.isInteger(tps) ? decimals(tps) : whole(tps);
}

/** One lost message of a million must not read "100.00%". */
function roundedDown(percent: number): string {
  // 99.99 × 100 is 9998.999…: the small term preserves values with two decimals.
  return decimals(Math.floor(percent * 100 + 1e-6) / 100);
}

function line(value: number | undefined, text: (value: number) => string): string | undefined {
  return value === undefined ? undefined : text(value);
}
