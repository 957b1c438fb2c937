/** A share, or the difference of two, with the limits between which it lies with 95 % confidence. */
export interface Estimate {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Of the normal distribution, for 95 %. */
const Z = 1.959964;
/** Halvings of the interval from -1 to 1. */
const STEPS = 50;

/** How large a share of all is, of which `count` of `total` were counted: Wilson's score interval. */
export function shareEstimate(count: number, total: number): Estimate {
  const value = count / total;
  const z2 = Z * Z;
  const middle = (count + z2 / 2) / (total + z2);
  const reach = (Z / (total + z2)) * Math.sqrt(total * value * (1 - value) + z2 / 4);
  return { value, low: Math.max(0, middle - reach), high: Math.min(1, middle + reach) };
}

/**
 * By how much one of two methods is right more often, both tried on the same `total` texts: `better` that only it got
 * right, `worse` that only the other one did. Tango's score interval (Statistics in Medicine 17, 1998), which also
 * holds if these are few, or none.
 */
export function differenceEstimate(better: number, worse: number, total: number): Estimate {
  const value = (better - worse) / total;
  return {
    value,
    low: 0 - highest(worse, better, total),
    high: highest(better, worse, total),
  };
}

/** The largest difference at which the counts are not yet surprising. */
function highest(better: number, worse: number, total: number): number {
  let [low, high] = [(better - worse) / total, 1];
  for (let i = 0; i < STEPS; i++) {
    const middle = (low + high) / 2;
    if (scoreOf(middle, better, worse, total) > -Z) low = middle;
    else high = middle;
  }
  return high;
}

/** How many standard deviations the counts are above what a true difference of `difference` leads to expect. */
export function scoreOf(difference: number, better: number, worse: number, total: number): number {
  const a = 2 * total;
  const b = (2 * total - better + worse) * difference - better - worse;
  const c = -worse * difference * (1 - difference);
  // The likeliest share of `worse`, given the difference.
  const share = (Math.sqrt(Math.max(0, b * b - 4 * a * c)) - b) / (2 * a);
  const variance = total * (2 * share + difference * (1 - difference));
  const above = better - worse - total * difference;
  return variance <= 0 ? Math.sign(above) * Number.MAX_VALUE : above / Math.sqrt(variance);
}
