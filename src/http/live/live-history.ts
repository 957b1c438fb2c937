/** An hour at one sample per second. */
export const KEPT_SECONDS = 3_600;

export const historyColumns = [
  'throughput',
  'lag',
  'processingP50',
  'processingP95',
  'processingP99',
  'endToEndP50',
  'endToEndP95',
  'endToEndP99',
] as const;

/** One value for each of `historyColumns`; null: nothing was measured in that sample. */
export type HistoryRow = readonly (number | null)[];
export type HistoryColumns = { readonly at: readonly number[] } & {
  readonly [name in (typeof historyColumns)[number]]: readonly (number | null)[];
};

/**
 * The samples of the last hour, in a ring of typed arrays that never grows: 144,000 bytes. Times only go up. A sample
 * that was taken with a clock ahead of the present one is forgotten: its time lies in the future.
 */
export class LiveHistory {
  /** Seconds since 1970. */
  readonly #at = new Float64Array(KEPT_SECONDS);
  /** NaN: nothing was measured. */
  readonly #values = historyColumns.map(() => new Float32Array(KEPT_SECONDS));
  /** Where the next sample goes. */
  #next = 0;
  #count = 0;

  get bytes(): number {
    return this.#values.reduce((sum, { byteLength }) => sum + byteLength, this.#at.byteLength);
  }

  add(at: number, row: HistoryRow): void {
    while (this.#count > 0 && (this.#at[this.#place(this.#count - 1)] as number) >= at) {
      this.#next = this.#place(this.#count - 1);
      this.#count--;
    }
    this.#at[this.#next] = at;
    this.#values.forEach((column, i) => {
      column[this.#next] = row[i] ?? Number.NaN;
    });
    this.#next = (this.#next + 1) % KEPT_SECONDS;
    this.#count = Math.min(KEPT_SECONDS, this.#count + 1);
  }

  /** Oldest first. Samples that were pushed out by no other, because the machine was asleep, end after an hour, too. */
  columns(): HistoryColumns {
    const places = Array.from({ length: this.#count }, (_, i) => this.#place(i));
    const last = this.#at[places.at(-1) ?? 0] as number;
    const young = places.filter((place) => (this.#at[place] as number) > last - KEPT_SECONDS);
    const columns = this.#values.map((column, i) => [
      historyColumns[i],
      young.map((place) => shown(column[place] as number)),
    ]);
    const at = young.map((place) => this.#at[place] as number);
    return { at, ...(Object.fromEntries(columns) as Omit<HistoryColumns, 'at'>) };
  }

  /** Of the sample that is `index` younger than the oldest. */
  #place(index: number): number {
    return (this.#next - this.#count + index + KEPT_SECONDS) % KEPT_SECONDS;
  }
}

/** No more digits than the page shows: an hour of them is sent at once. */
function shown(value: number): number | null {
  if (Number.isNaN(value)) return null;
  const scale = value < 10 ? 100 : value < 1_000 ? 10 : 1;
  return Math.round(value * scale) / scale;
}
