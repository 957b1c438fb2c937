import { total } from './profile.ts';

/** Added to every bin, so that an empty one does not make the index infinite. */
const SMOOTHING = 0.5;

/**
 * Population stability index of two distributions over the same bins: Σ (p − q) · ln(p / q). 0: the same. Two labels
 * that go from 50:50 to 60:40 give 0.04, to 75:25 0.27.
 *
 * Two samples of the same distribution differ by chance, by (bins − 1) · (1/n + 1/m) on average. That much is taken
 * off, so that a small sample does not look like a change.
 */
export function stabilityIndex(baseline: readonly number[], counts: readonly number[]): number {
  const [n, m] = [total(baseline), total(counts)];
  let index = 0;
  for (let bin = 0; bin < baseline.length; bin++) {
    const p = share(counts[bin] as number, m, baseline.length);
    const q = share(baseline[bin] as number, n, baseline.length);
    index += (p - q) * Math.log(p / q);
  }
  const byChance = (baseline.length - 1) * (1 / Math.max(n, 1) + 1 / Math.max(m, 1));
  return Math.max(0, index - byChance);
}

function share(count: number, sum: number, bins: number): number {
  return (count + SMOOTHING) / (sum + SMOOTHING * bins);
}
