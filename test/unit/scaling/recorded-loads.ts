/**
 * The same loads with what a real run has recorded: a process does in each second what one did that always had more
 * waiting, and requests come as evenly or unevenly as its sender sent them (a kept report of `npm run bench:table`).
 * How much comes over the hours, and how slow the slow broker is, stay made up: there is no recording of a real topic.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../helpers/paths.ts';
import { type Load, loads } from './loads.ts';

interface Sample {
  readonly at_s: number;
  readonly sent_tps: number;
  readonly visible_tps: number;
}

/** Left out, while the code warms up. */
const WARM_UP_S = 5;

const file = join(root, 'benchmarking/results/2026-11-28-table.json');
const { reports } = JSON.parse(readFileSync(file, 'utf8')) as {
  reports: Readonly<Record<string, { readonly series: readonly Sample[] }>>;
};
const seriesOf = (name: string): readonly Sample[] => reports[name]?.series ?? [];
const done = perSecond(seriesOf('saturate'), ({ visible_tps }) => visible_tps);
const sent = perSecond(seriesOf('fixed-70'), ({ sent_tps }) => sent_tps);
/** Played again and again. */
const played = (recorded: readonly number[], second: number): number =>
  recorded[second % recorded.length] as number;

export const recordedLoads: readonly Load[] = loads.map((load) => ({
  ...load,
  name: `${load.name}, recorded`,
  rate: (second) => load.rate(second) * played(sent, second),
  capacity: (second) => load.capacity(second) * played(done, second),
}));

/** What was counted in each whole second, as a share of the mean. The samples are of other lengths. */
function perSecond(series: readonly Sample[], rateOf: (sample: Sample) => number): number[] {
  const seconds: number[] = [];
  let before = 0;
  for (const sample of series) {
    // Each part of the time since the sample before belongs to its second.
    for (let from = before; from < sample.at_s; ) {
      const second = Math.floor(from);
      const to = Math.min(sample.at_s, second + 1);
      seconds[second] = (seconds[second] ?? 0) + rateOf(sample) * (to - from);
      from = to;
    }
    before = sample.at_s;
  }
  const whole = seconds.slice(WARM_UP_S, -1);
  const mean = whole.reduce((sum, count) => sum + count, 0) / whole.length;
  return whole.map((count) => count / mean);
}
