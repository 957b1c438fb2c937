// The last hour of samples, in columns for the charts: what the page has seen, and what the service has kept.
export const KEPT_S = 3_600;
/** A second without a sample is a late one; after more than this there were none, and the line has a gap. */
const GAP_S = 3;

const NAMES = ['throughput', 'lag', ...['processing', 'endToEnd'].flatMap((time) => timesOf(time))];

export class History {
  #columns = emptyColumns();

  /** `at`: seconds since 1970, going up. null in all others: a gap. */
  get columns() {
    return this.#columns;
  }

  /** As it is now, for a view that stands still. */
  copy() {
    return Object.fromEntries(Object.entries(this.#columns).map(([name, column]) => [name, column.slice()]));
  }

  /** Adds a sample: an object with `at`, and a value for each column that was measured. */
  add(sample) {
    const { at } = this.#columns;
    // The clock was put back: what lies in the future was taken with a wrong one.
    while (at.length > 0 && at.at(-1) >= sample.at) this.#each((column) => column.pop());
    if (at.length > 0 && sample.at - at.at(-1) > GAP_S) this.#push({ at: at.at(-1) + 1 });
    this.#push(sample);
    while (at[0] <= sample.at - KEPT_S) this.#each((column) => column.shift());
  }

  /** Takes over what the service has kept. What the page saw before, of an earlier process, or since then stays. */
  merge(kept) {
    const own = rowsOf(this.#columns).filter(({ throughput }) => throughput !== null);
    const [first, last] = [kept.at[0], kept.at.at(-1)];
    if (first === undefined) return;
    this.#columns = emptyColumns();
    const before = own.filter(({ at }) => at < first);
    const after = own.filter(({ at }) => at > last);
    for (const row of [...before, ...rowsOf(kept), ...after]) this.add(row);
  }

  #push(row) {
    for (const [name, column] of Object.entries(this.#columns)) column.push(row[name] ?? null);
  }

  #each(change) {
    for (const column of Object.values(this.#columns)) change(column);
  }
}

export function timesOf(name) {
  return ['P50', 'P95', 'P99'].map((p) => `${name}${p}`);
}

function emptyColumns() {
  return Object.fromEntries(['at', ...NAMES].map((name) => [name, []]));
}

function rowsOf(columns) {
  const names = Object.keys(columns);
  return columns.at.map((_, i) => Object.fromEntries(names.map((name) => [name, columns[name][i]])));
}
