import type { MeasuredRun } from './measured-run.ts';
import type { BenchmarkOptions } from './options.ts';
import { median, rounded } from './statistics.ts';

/** Another build as the baseline: both take turns on the same topic, so that the machine is the same for both. */

/** The builds of a round, each with where its run is kept and the folder it is in. */
export function buildsOf(
  { baseline }: BenchmarkOptions,
  own: MeasuredRun[],
  others: MeasuredRun[],
): (readonly [MeasuredRun[], string | undefined])[] {
  if (baseline === undefined) return [[own, undefined]];
  // Whoever runs second finds a warmer broker, so the order changes.
  const builds = [[others, baseline] as const, [own, undefined] as const];
  return own.length % 2 === 0 ? builds : builds.reverse();
}

/** Medians of the baseline, and of the ratios within each round. Nothing without a baseline. */
export function againstBaseline(own: readonly MeasuredRun[], others: readonly MeasuredRun[]) {
  if (others.length === 0) return {};
  const ratio = (key: 'tps' | 'cpu_us_per_message') =>
    rounded(median(own.map((run, round) => run[key] / (others[round] as MeasuredRun)[key])), 4);
  return {
    baseline_tps: median(others.map(({ tps }) => tps)),
    baseline_cpu_us_per_message: median(others.map((run) => run.cpu_us_per_message)),
    tps_to_baseline: ratio('tps'),
    cpu_to_baseline: ratio('cpu_us_per_message'),
  };
}
