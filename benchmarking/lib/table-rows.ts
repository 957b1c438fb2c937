import { COMFORTABLE_SHARE, fixed, fixedMaximum, type TableContext } from './table-plan.ts';
import type { StepResult } from './table-step.ts';

export interface TableRow {
  readonly figure: string;
  readonly target: string;
  readonly measured: string;
  /** null: not measured. */
  readonly met: boolean | null;
  readonly how: string;
}

/** The rows of the table, each with its target and where it comes from. */
export function rowsOf(context: TableContext, found: ReadonlyMap<string, StepResult>): TableRow[] {
  const get = context.value;
  const row = (
    figure: string,
    step: string,
    value: number | undefined,
    [sense, limit]: readonly ['≥' | '≤', number],
    [decimals, unit]: readonly [number, string],
    how: string,
  ): TableRow => {
    const isMet = value === undefined ? null : sense === '≥' ? value >= limit : value <= limit;
    const problem = found.has(step) ? found.get(step)?.problem : 'left out';
    const text = value === undefined ? '–' : `${value.toFixed(decimals)}${unit}`;
    return { figure, target: `${sense} ${limit}${unit}`, measured: text, met: isMet, how: problem ?? how };
  };
  const latencies = (step: string, how: string): TableRow[] => [
    row('processing, mean', step, get(step, 'avg_processing_time_ms'), ['≤', 50], [1, ' ms'], how),
    row('processing, p99', step, get(step, 'p99_processing_time_ms'), ['≤', 100], [1, ' ms'], how),
    row('end to end, p99', step, get(step, 'p99_end_to_end_ms'), ['≤', 150], [1, ' ms'], how),
  ];
  const over = (name: string): number | undefined => get('peers', `over_${name}`);
  return [
    row(
      'pipeline / bare ONNX Runtime',
      'efficiency',
      get('efficiency', 'efficiency'),
      ['≥', 0.95],
      [3, ''],
      'bench:efficiency, medians of 3',
    ),
    row(
      'the same, CPU of the broker not taken off',
      'efficiency',
      get('efficiency', 'efficiency_raw'),
      ['≥', 0],
      [3, ''],
      'for comparison; no target',
    ),
    row(
      'sustained rate, everything on this machine',
      'saturate',
      get('saturate', 'achieved_tps'),
      ['≥', 5000],
      [0, ' /s'],
      'bench --saturate, 60 s',
    ),
    row(
      'the same, CPU of broker, generator, reader taken off',
      'saturate',
      ownRate(get),
      ['≥', 5000],
      [0, ' /s'],
      'rate / (1 − their share of all cores)',
    ),
    row(
      'padded / real tokens',
      'saturate',
      padding(get),
      ['≤', 1.05],
      [3, ''],
      'the consumer’s own counter in the run above',
    ),
    row(
      'resident memory, peak',
      'saturate',
      mebibytes(get('saturate', 'rss_peak_bytes')),
      ['≤', 600],
      [0, ' MiB'],
      'VmHWM in the run above',
    ),
    row(
      'fixed rate it keeps up with',
      fixed(COMFORTABLE_SHARE),
      fixedMaximum(context),
      ['≥', 0],
      [0, ' /s'],
      'open loop, end to end p99 within 1 s; no target',
    ),
    ...latencies('comfortable', 'at 70 % of the fixed rate it keeps up with'),
    ...latencies(fixed(COMFORTABLE_SHARE), 'at 70 % of the saturated rate'),
    row(
      'end to end, p50, at 10 messages/s',
      'light',
      get('light', 'p50_end_to_end_ms'),
      ['≤', 40],
      [1, ' ms'],
      'open loop at 10 messages/s',
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
      'the same run, medians of 3',
    ),
    row(
      'over (a) Python, batched',
      'peers',
      over('python'),
      ['≥', 3],
      [1, ' ×'],
      'bench:peers, medians of 3, order rotated',
    ),
    row('over (b) kafkajs', 'peers', over('kafkajs'), ['≥', 3], [1, ' ×'], 'the same run'),
    row(
      'over (c) @platformatic/kafka',
      'peers',
      over('platformatic'),
      ['≥', 0],
      [1, ' ×'],
      'the same run; no target',
    ),
    row(
      'bare ONNX Runtime over (a)',
      'peers',
      ratio(get('efficiency', 'bare_tps'), get('peers', 'python_tps')),
      ['≥', 0],
      [1, ' ×'],
      'the most that anything can have; no target',
    ),
    row('over (d) one at a time', 'peers', over('single'), ['≥', 4], [1, ' ×'], 'the same run'),
    row(
      'over (d) one at a time, a commit each',
      'peers',
      over('single-commit'),
      ['≥', 4],
      [1, ' ×'],
      'the same run',
    ),
    row(
      '1 → 64 partitions, difference',
      'partitions-64',
      apart(get('partitions-1', 'achieved_tps'), get('partitions-64', 'achieved_tps')),
      ['≤', 5],
      [1, ' %'],
      'bench --saturate with each',
    ),
    row(
      '1 → 16 consumer threads, difference',
      'threads',
      apart(get('threads', 'rows.0.figures.achieved_tps'), get('threads', 'rows.1.figures.achieved_tps')),
      ['≤', 5],
      [1, ' %'],
      'bench sweep, 16 partitions; at most one for each CPU is open',
    ),
    row(
      'backlog 10 thousand → 10 million, difference',
      'backlog',
      percent(get('backlog', 'difference')),
      ['≤', 5],
      [1, ' %'],
      'bench:backlog: bursts of 10,000 against half a minute with the backlog',
    ),
    row(
      'start to first result',
      'start',
      get('start', 'first_result_s'),
      ['≤', 3],
      [2, ' s'],
      'existing group, medians of 3',
    ),
  ];
}

type Get = TableContext['value'];

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
