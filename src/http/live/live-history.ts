/** Five minutes at one sample per second. */
const SAMPLES = 300;

const historyColumns = [
  'at',
  'throughput',
  'lag',
  'processingP50',
  'processingP95',
  'processingP99',
  'endToEndP50',
  'endToEndP95',
  'endToEndP99',
] as const;

/** null: nothing was measured in that sample. */
type Row = readonly (number | null)[];
type Columns = Record<(typeof historyColumns)[number], (number | null)[]>;

/** The last samples, in columns for the charts. */
export class LiveHistory {
  readonly #rows: Row[] = [];

  /** `row` has one value for each of `historyColumns`. */
  add(row: Row): void {
    this.#rows.push(row);
    if (this.#rows.length > SAMPLES) this.#rows.shift();
  }

  columns(): Columns {
    const columns = historyColumns.map(
      (name, i) => [name, this.#rows.map((row) => rounded(row[i] ?? null))] as const,
    );
    return Object.fromEntries(columns) as Columns;
  }
}

/** A chart cannot show more than three decimals. */
function rounded(value: number | null): number | null {
  return value === null ? null : Math.round(value * 1_000) / 1_000;
}
