/**
 * Log-linear histogram: every octave between 2^0 and 2^30 thousandths of a unit is divided into 32 equal buckets, the
 * layout of HdrHistogram without its configuration. The bucket number is the upper part of the floating-point number
 * itself:
 *
 *     high word of a double   seeeeeee eeeemmmm mfffffff ffffffff
 *     bucket + base           ╰───── >>> 15 ──────╯
 *
 * so recording is a store, a load, a shift and an increment, without any allocation.
 */
const BUCKETS_PER_OCTAVE = 32;
const OCTAVES = 30;
const BUCKET_COUNT = BUCKETS_PER_OCTAVE * OCTAVES;
const MANTISSA_SHIFT = 15;
const EXPONENT_BIAS = 1023 * BUCKETS_PER_OCTAVE;

const scratch = new Float64Array(1);
const scratchWords = new Uint32Array(scratch.buffer);
const littleEndian = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
const highWord = littleEndian ? 1 : 0;

/**
 * Distribution of non-negative numbers in the caller's unit: milliseconds for times (1 µs … 1000 s), rows for batch
 * sizes. Percentiles are off by at most 1/64 of the value (1.6 %); count, sum, minimum and maximum are exact. Numbers
 * outside 0.001 … 1,000,000 are counted in the outermost buckets; negative numbers and NaN (clocks that disagree) count
 * as 0. Takes 8 kB.
 */
export class Histogram {
  readonly #buckets = new Float64Array(BUCKET_COUNT);
  #count = 0;
  #sum = 0;
  #min = Number.POSITIVE_INFINITY;
  #max = 0;

  get count(): number {
    return this.#count;
  }

  get sum(): number {
    return this.#sum;
  }

  /** 0 if nothing was recorded. */
  get mean(): number {
    return this.#count === 0 ? 0 : this.#sum / this.#count;
  }

  /** 0 if nothing was recorded. */
  get min(): number {
    return this.#count === 0 ? 0 : this.#min;
  }

  get max(): number {
    return this.#max;
  }

  record(value: number, count = 1): void {
    if (count <= 0) return;
    let known = value;
    if (!(known > 0)) known = 0;
    const bucket = bucketOf(known);
    this.#buckets[bucket] = (this.#buckets[bucket] as number) + count;
    this.#count += count;
    this.#sum += known * count;
    if (known < this.#min) this.#min = known;
    if (known > this.#max) this.#max = known;
  }

  /** Records the first `count` numbers of a column. */
  recordAll(values: Float64Array, count: number): void {
    for (let i = 0; i < count; i++) this.record(values[i] as number);
  }

  /** Nearest-rank percentile, `percent` from 0 to 100; 0 if nothing was recorded. */
  percentile(percent: number): number {
    if (this.#count === 0) return 0;
    const rank = Math.max(1, Math.ceil((percent / 100) * this.#count));
    let seen = 0;
    for (let i = 0; i < BUCKET_COUNT; i++) {
      seen += this.#buckets[i] as number;
      if (seen >= rank) return Math.min(Math.max(middleOf(i), this.#min), this.#max);
    }
    return this.#max;
  }

  /**
   * How many numbers are less than or equal to each of the ascending `bounds`: a cumulative Prometheus histogram.
   * Numbers up to a bound are always counted, numbers up to 3.2 % above it may be.
   */
  cumulativeCounts(bounds: readonly number[]): number[] {
    let seen = 0;
    let next = 0;
    return bounds.map((bound) => {
      for (const last = bucketOf(bound); next <= last; next++) seen += this.#buckets[next] as number;
      return seen;
    });
  }

  /** Each bucket that has numbers: one within 1/64 of all of them, 0 below `smallest`, and how many there are. */
  *buckets(): Generator<readonly [value: number, count: number]> {
    for (let i = 0; i < BUCKET_COUNT; i++) {
      const count = this.#buckets[i] as number;
      if (count > 0) yield [i === 0 ? 0 : middleOf(i), count];
    }
  }

  static readonly smallest = (1 + 1 / BUCKETS_PER_OCTAVE) / 1000;

  merge(other: Histogram): void {
    for (let i = 0; i < BUCKET_COUNT; i++) {
      this.#buckets[i] = (this.#buckets[i] as number) + (other.#buckets[i] as number);
    }
    this.#count += other.#count;
    this.#sum += other.#sum;
    this.#min = Math.min(this.#min, other.#min);
    this.#max = Math.max(this.#max, other.#max);
  }

  reset(): void {
    this.#buckets.fill(0);
    this.#count = 0;
    this.#sum = 0;
    this.#min = Number.POSITIVE_INFINITY;
    this.#max = 0;
  }
}

function bucketOf(value: number): number {
  scratch[0] = value * 1000;
  const bucket = ((scratchWords[highWord] as number) >>> MANTISSA_SHIFT) - EXPONENT_BIAS;
  return bucket < 0 ? 0 : bucket < BUCKET_COUNT ? bucket : BUCKET_COUNT - 1;
}

function middleOf(bucket: number): number {
  const octave = Math.floor(bucket / BUCKETS_PER_OCTAVE);
  const step = (bucket % BUCKETS_PER_OCTAVE) + 0.5;
  return (2 ** octave * (1 + step / BUCKETS_PER_OCTAVE)) / 1000;
}
