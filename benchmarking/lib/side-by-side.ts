import type { MeasuredRun } from './measured-run.ts';
import { say } from './report.ts';
import { median, rounded } from './statistics.ts';

export interface SideBySide {
  readonly plain: readonly MeasuredRun[];
  readonly other: readonly MeasuredRun[];
}

/** The service as it is and with something more take turns. `name`: what the other one is, for people. */
export async function sideBySide(
  rounds: number,
  name: string,
  measure: (isOther: boolean) => Promise<MeasuredRun>,
): Promise<SideBySide> {
  const plain: MeasuredRun[] = [];
  const other: MeasuredRun[] = [];
  for (let round = 1; round <= rounds; round++) {
    // The one or the other first: a broker that warms up further must not help always the same.
    for (const isOther of round % 2 === 1 ? [false, true] : [true, false])
      (isOther ? other : plain).push(await measure(isOther));
    say(`Round ${round}: ${plain.at(-1)?.tps} messages/s, ${name} ${other.at(-1)?.tps}.`);
  }
  return { plain, other };
}

/** `name`: of the other one, in the keys. */
export function figuresOf({ plain, other }: SideBySide, name: string): Record<string, number> {
  const ratio = (key: 'tps' | 'cpu_us_per_message') =>
    rounded(median(other.map((run, i) => run[key] / (plain[i] as MeasuredRun)[key])), 4);
  const sum = (key: 'lost' | 'doubled') => [...plain, ...other].reduce((total, run) => total + run[key], 0);
  return {
    plain_tps: median(plain.map(({ tps }) => tps)),
    [`${name}_tps`]: median(other.map(({ tps }) => tps)),
    tps_ratio: ratio('tps'),
    cpu_ratio: ratio('cpu_us_per_message'),
    plain_rss_peak_bytes: median(plain.map(({ rss_peak_bytes }) => rss_peak_bytes)),
    [`${name}_rss_peak_bytes`]: median(other.map(({ rss_peak_bytes }) => rss_peak_bytes)),
    lost: sum('lost'),
    doubled: sum('doubled'),
  };
}
