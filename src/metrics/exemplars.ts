export interface TraceIds {
  readonly traceId: string;
  readonly spanId: string;
}

export interface Exemplar extends TraceIds {
  /** In the unit of the metric. */
  readonly value: number;
  /** Seconds since 1970. */
  readonly atS: number;
  /** Of all that were noted, from 1. */
  readonly number: number;
}

/** How many of the newest are kept per series; buckets that none of them falls into have no exemplar. */
const KEPT = 16;
const BUCKET_LINE = /^(\w+)_bucket\{le="([^"]+)"(.*)\} \S+$/;

/** Examples of values that a histogram has counted, each with its trace. There are none without tracing. */
export class Exemplars {
  readonly #bySeries = new Map<string, Exemplar[]>();
  #count = 0;

  /** How many were noted. */
  get count(): number {
    return this.#count;
  }

  /** `metric` without `_bucket`; `stage` if the metric has that label. */
  note(metric: string, value: number, { traceId, spanId }: TraceIds, stage = ''): void {
    const key = `${metric}/${stage}`;
    const list = this.#bySeries.get(key) ?? [];
    list.push({ value, traceId, spanId, atS: Date.now() / 1_000, number: ++this.#count });
    if (list.length > KEPT) list.shift();
    this.#bySeries.set(key, list);
  }

  /** Those of a series that were noted after the first `count` of all, as far as they are kept; the oldest first. */
  after(count: number, metric: string, stage = ''): readonly Exemplar[] {
    return this.#bySeries.get(`${metric}/${stage}`)?.filter(({ number }) => number > count) ?? [];
  }

  /** Lines of the text format, with the newest exemplar after each bucket that has one. */
  addTo(lines: readonly string[]): string[] {
    if (this.#bySeries.size === 0) return [...lines];
    let below = Number.NEGATIVE_INFINITY;
    return lines.map((line) => {
      const [, metric = '', le = '', labels = ''] = BUCKET_LINE.exec(line) ?? [];
      if (metric === '') {
        below = Number.NEGATIVE_INFINITY;
        return line;
      }
      const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
      const stage = /,stage="(\w+)"/.exec(labels)?.[1] ?? '';
      const lower = bound > below ? below : Number.NEGATIVE_INFINITY;
      below = bound;
      const found = this.#bySeries
        .get(`${metric}/${stage}`)
        ?.findLast(({ value }) => value > lower && value <= bound);
      return found === undefined ? line : `${line}${textOf(found)}`;
    });
  }
}

function textOf({ traceId, spanId, value, atS }: Exemplar): string {
  return ` # {trace_id="${traceId}",span_id="${spanId}"} ${value} ${atS.toFixed(3)}`;
}
