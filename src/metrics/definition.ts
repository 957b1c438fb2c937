import type { PartitionLag } from '../lag.ts';
import type { Histogram } from './histogram.ts';
import type { Gauges, MetricsSource } from './source.ts';

export type Labels = Readonly<Record<string, string>>;

/** A source and its gauges, read once for the whole scrape. */
export interface Scrape extends Omit<MetricsSource, 'gauges'> {
  readonly gauges: Gauges;
  /** The partitions that have series. */
  readonly lag: readonly PartitionLag[];
}

interface Definition<Kind extends string, Value> {
  readonly kind: Kind;
  readonly name: string;
  readonly help: string;
  /** Labels besides `topic` and `consumer_group`, which every metric has. */
  readonly labels: readonly string[];
  read(scrape: Scrape): Iterable<readonly [Labels, Value]>;
}

type NumberDefinition = Definition<'counter' | 'gauge', number>;

interface HistogramDefinition extends Definition<'histogram', Histogram> {
  readonly bounds: readonly number[];
  /** Units of the histogram per unit of the metric: 1000 for milliseconds and seconds. */
  readonly divisor: number;
}

export type MetricDefinition = NumberDefinition | HistogramDefinition;

export function counter(name: string, help: string, read: (scrape: Scrape) => number): NumberDefinition {
  return { kind: 'counter', name, help, labels: [], read: (scrape) => [[{}, read(scrape)]] };
}

export function gauge(name: string, help: string, read: (scrape: Scrape) => number): NumberDefinition {
  return { kind: 'gauge', name, help, labels: [], read: (scrape) => [[{}, read(scrape)]] };
}

/** A histogram of milliseconds, exported in seconds. */
export function times(
  name: string,
  help: string,
  bounds: readonly number[],
  read: (scrape: Scrape) => Histogram,
): HistogramDefinition {
  const readOne = (scrape: Scrape) => [[{}, read(scrape)] as const];
  return { kind: 'histogram', name, help, labels: [], bounds, divisor: 1000, read: readOne };
}
