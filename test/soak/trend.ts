export interface Trend {
  /** Of the time after the warm-up. */
  readonly mean: number;
  /** Straight line through the means of the blocks, per hour. */
  readonly slopePerHour: number;
  /** Half of its 95 % interval. */
  readonly noisePerHour: number;
  /** Zero lies within the interval, or a whole hour changes less than one percent. */
  readonly isFlat: boolean;
}

/** The first part of a run fills caches and pools, and allocators settle: of 45 minutes half an hour counts. */
const WARM_UP_SHARE = 1 / 3;
/** Neighbouring samples are alike, so the noise is taken from the means of this many blocks. */
const BLOCKS = 10;
/** 97.5 % point of Student's t with `BLOCKS` - 2 degrees of freedom. */
const STUDENT_T = 2.306;
const FLAT_SHARE_PER_HOUR = 0.01;

/** Whether a quantity grows. `seconds` and `values` go together; at least 20 of them. */
export function trendOf(seconds: readonly number[], values: readonly number[]): Trend {
  const from = Math.floor(values.length * WARM_UP_SHARE);
  const blockSize = Math.floor((values.length - from) / BLOCKS);
  if (blockSize < 1) throw new Error('Too few samples for a trend.');
  const blocks = Array.from({ length: BLOCKS }, (_, i) => {
    const [start, end] = [i, i + 1].map((at) => from + at * blockSize);
    return { x: meanOf(seconds.slice(start, end)) / 3600, y: meanOf(values.slice(start, end)) };
  });
  const meanX = meanOf(blocks.map(({ x }) => x));
  const mean = meanOf(blocks.map(({ y }) => y));
  const spread = sumOf(blocks.map(({ x }) => (x - meanX) ** 2));
  const slopePerHour = sumOf(blocks.map(({ x, y }) => (x - meanX) * (y - mean))) / spread;
  const residues = blocks.map(({ x, y }) => (y - mean - slopePerHour * (x - meanX)) ** 2);
  const noisePerHour = STUDENT_T * Math.sqrt(sumOf(residues) / (BLOCKS - 2) / spread);
  const isFlat =
    Math.abs(slopePerHour) <= noisePerHour || Math.abs(slopePerHour) <= FLAT_SHARE_PER_HOUR * Math.abs(mean);
  return { mean, slopePerHour, noisePerHour, isFlat };
}

function sumOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

function meanOf(values: readonly number[]): number {
  return sumOf(values) / values.length;
}
