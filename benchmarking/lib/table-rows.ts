import { COMFORTABLE_SHARE, fixedMaximum, type TableContext } from './table-plan.ts';
import type { StepResult } from './table-step.ts';

export interface TableRow {
  readonly figure: string;
  readonly target: string;
  readonly measured: string;
  /** null: not measured, or a figure without a target. */
  readonly met: boolean | null;
  readonly how: string;
}

type Target = readonly ['≥' | '≤', number];
type Get = TableContext['value'];

/** The rows of the table, each with its target and where it comes from. Several runs of a step: their medians. */
export function rowsOf(context: TableContext, found: ReadonlyMap<string, readonly StepResult[]>): TableRow[] {
  const get = context.value;
  const row = (
    figure: string,
    step: string,
    value: number | undefined,
    target: Target | undefined,
    [decimals, unit]: readonly [number, string],
    how: string,
  ): TableRow => ({
    figure,
    target: target === undefined ? '' : `${target[0]} ${target[1]}${unit}`,
    measured: value === undefined ? '–' : `${value.toFixed(decimals)}${unit}`,
    met: isMet(value, target),
    how: found.has(step) ? (found.get(step)?.find(({ problem }) => problem)?.problem ?? how) : 'left out',
  });
  const latencies = (step: string, at: string, limits: readonly [number, number, number]): TableRow[] => [
    row(
      `${at}: processing, mean`,
      step,
      get(step, 'avg_processing_time_ms'),
      ['≤', limits[0]],
      ms,
      FIXED_RATE,
    ),
    row(
      `${at}: processing, p99`,
      step,
      get(step, 'p99_processing_time_ms'),
      ['≤', limits[1]],
      ms,
      FIXED_RATE,
    ),
    row(`${at}: end to end, p99`, step, get(step, 'p99_end_to_end_ms'), ['≤', limits[2]], ms, FIXED_RATE),
  ];
  const over = (name: string, what: string, target: Target): TableRow =>
    row(
      `over ${what}`,
      'peers',
      get('peers', `over_${name}`),
      target,
      [2, ' ×'],
      'bench:peers, order rotated',
    );
  const visible = (name: string, what: string): TableRow =>
    row(
      `visible p99 at 1,000/s, ${what}`,
      'peers',
      get('peers', `${name}_visible_p99_ms`),
      undefined,
      ms,
      'the same run',
    );
  const efficiency = (figure: string, key: string, target: Target | undefined, how: string): TableRow =>
    row(figure, 'efficiency', get('efficiency', key), target, [3, ''], how);
  return [
    row(
      'fixed 5,000/s: achieved',
      'promised',
      get('promised', 'achieved_tps'),
      ['≥', 4_950],
      perSecond,
      FIXED_RATE,
    ),
    ...latencies('promised', 'fixed 5,000/s', [45, 150, 250]),
    row(
      'as fast as it goes',
      'saturate',
      get('saturate', 'achieved_tps'),
      ['≥', 10_000],
      perSecond,
      SATURATED,
    ),
    row(
      'the same, without others',
      'saturate',
      ownRate(get),
      undefined,
      perSecond,
      'rate / (1 − their share)',
    ),
    row(
      'fixed rate it keeps up with, over that',
      'saturate',
      fixedMaximum(context),
      ['≥', 0.85],
      [2, ''],
      'the highest share tried with an end-to-end p99 within 1 s',
    ),
    ...latencies('comfortable', `at ${100 * COMFORTABLE_SHARE} % of that`, [50, 120, 200]),
    row(
      'CPU a message at 2,900/s over that at saturation',
      'moderate',
      ratio(cpuUs(get, 'moderate'), cpuUs(get, 'saturate')),
      ['≤', 1.25],
      [2, ''],
      'user and system time of the consumer',
    ),
    efficiency(
      'pipeline / stock ONNX Runtime, model as it was',
      'over_stock',
      ['≥', 1.6],
      'bench:efficiency --before',
    ),
    efficiency(
      'pipeline / bare ONNX Runtime, our options',
      'efficiency',
      ['≥', 0.85],
      'CPU of the broker taken off',
    ),
    efficiency('the same, CPU of the broker not taken off', 'efficiency_raw', undefined, 'the same run'),
    efficiency('the same, by processor time', 'efficiency_cpu', ['≥', 0.92], 'the same run'),
    row('end to end, p50, at 10/s', 'light', get('light', 'p50_end_to_end_ms'), ['≤', 25], ms, FIXED_RATE),
    row(
      'CPU when idle, of one core',
      'start',
      percent(get('start', 'idle_core_share')),
      ['≤', 2],
      [2, ' %'],
      'bench:start',
    ),
    row(
      '1 → 64 partitions, difference',
      'partitions-64',
      apart(get('partitions-1', 'achieved_tps'), get('partitions-64', 'achieved_tps')),
      ['≤', 8],
      [1, ' %'],
      'bench --saturate with each',
    ),
    row(
      'backlog 10 thousand → 10 million, difference',
      'backlog',
      percent(get('backlog', 'difference')),
      ['≤', 8],
      [1, ' %'],
      'bench:backlog: bursts of 10,000 against half a minute with the backlog',
    ),
    over('python', 'Python, batched', ['≥', 2.5]),
    over('kafkajs', 'kafkajs', ['≥', 2.5]),
    over('platformatic', '@platformatic/kafka', ['≥', 2]),
    over('kafka-streams', 'Kafka Streams, 100 ms', ['≥', 2]),
    over('kafka-streams-20ms', 'Kafka Streams, 20 ms', ['≥', 2]),
    visible('kubesentiment', 'ours'),
    visible('kafka-streams', 'Kafka Streams, 100 ms'),
    visible('kafka-streams-20ms', 'Kafka Streams, 20 ms'),
    over('single', 'one at a time', ['≥', 4]),
    over('single-commit', 'one at a time, a commit each', ['≥', 4]),
    row(
      'resident memory, peak',
      'saturate',
      mebibytes(get('saturate', 'rss_peak_bytes')),
      ['≤', 350],
      [0, ' MiB'],
      SATURATED,
    ),
    row(
      'start to first result',
      'start',
      get('start', 'first_result_s'),
      ['≤', 1.5],
      [2, ' s'],
      'existing group',
    ),
    row(
      'everything but inference, CPU a message',
      'overhead',
      get('overhead', 'pipeline_cpu_us_per_message'),
      ['≤', 16],
      [1, ' µs'],
      'bench:overhead, null model',
    ),
    row(
      'null model / bare loop of node-rdkafka',
      'overhead',
      get('overhead', 'throughput_ratio'),
      ['≥', 0.6],
      [2, ''],
      'the same run',
    ),
    row('padded / real tokens', 'saturate', padding(get), ['≤', 1.05], [3, ''], 'the consumer’s own counter'),
    row(
      '1 → 16 consumer threads, difference',
      'threads',
      apart(get('threads', 'rows.0.figures.achieved_tps'), get('threads', 'rows.1.figures.achieved_tps')),
      ['≤', 5],
      [1, ' %'],
      'bench sweep, 16 partitions; at most one for each CPU is open',
    ),
  ];
}

const ms = [1, ' ms'] as const;
const perSecond = [0, ' /s'] as const;
const FIXED_RATE = 'bench --target-tps';
const SATURATED = 'bench --saturate, everything on this machine';

function isMet(value: number | undefined, target: Target | undefined): boolean | null {
  if (value === undefined || target === undefined) return null;
  return target[0] === '≥' ? value >= target[1] : value <= target[1];
}

/** Processor time of the consumer for a message of a bench run, µs. */
function cpuUs(get: Get, step: string): number | undefined {
  const [seconds, messages] = [get(step, 'cpu_seconds'), get(step, 'messages_processed')];
  return seconds && messages && (seconds * 1e6) / messages;
}

/** What the consumer would do if nobody else used these cores. */
function ownRate(get: Get): number | undefined {
  const rate = get('saturate', 'achieved_tps');
  const others = ['broker', 'generator', 'observer'].map(
    (who) => get('saturate', `details.cpu_share.${who}`) ?? 0,
  );
  return rate && rate / (1 - others.reduce((sum, share) => sum + share, 0));
}

function ratio(a: number | undefined, b: number | undefined): number | undefined {
  return a && b && a / b;
}

/** The consumer reports the share of its tokens that is padding. */
function padding(get: Get): number | undefined {
  const share = get('saturate', 'details.padding_ratio');
  return share === undefined ? undefined : 1 / (1 - share);
}

function mebibytes(bytes: number | undefined): number | undefined {
  return bytes && bytes / 2 ** 20;
}

function percent(share: number | undefined): number | undefined {
  return share && 100 * share;
}

/** Per cent of the larger one. */
function apart(a: number | undefined, b: number | undefined): number | undefined {
  if (a === undefined || b === undefined) return undefined;
  return (100 * Math.abs(a - b)) / Math.max(a, b);
}
