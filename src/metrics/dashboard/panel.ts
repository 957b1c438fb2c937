/** One line of a panel: a PromQL expression and what its series are called. */
export type Query = readonly [expression: string, legend: string];

export interface Panel {
  readonly title: string;
  readonly kind: 'stat' | 'timeseries' | 'bargauge' | 'table';
  /** As Grafana calls it. */
  readonly unit: string;
  /** What a reader should take from it, one or two sentences. */
  readonly help: string;
  readonly queries: readonly Query[];
  /** Green below the first, yellow from it on, red from the second on; falling: the other way round. */
  readonly limits?: readonly [yellow: number, red: number];
  readonly isFalling?: boolean;
  /** Of the 24 columns of Grafana. Default: 8. */
  readonly width?: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** The labels that every metric of ours has, bound to the variables of the dashboard. */
export const our = 'consumer_group=~"$consumer_group",topic=~"$topic"';
/** Metrics of Node and the process have no such labels: they are ours where our build information is. */
export const ofOurs = `and on (instance, job) kubesentiment_build_info{${our}}`;

export function quantile(share: number, histogram: string, by = 'le', labels = our): string {
  const buckets = `${histogram}_bucket{${labels}}`;
  return `histogram_quantile(${share}, sum by (${by}) (rate(${buckets}[$__rate_interval])))`;
}

export function percentiles(histogram: string): Query[] {
  return [0.5, 0.95, 0.99].map((share) => [quantile(share, histogram), `p${share * 100}`]);
}

export function perSecond(counter: string, by: string): string {
  return `sum by (${by}) (rate(${counter}{${our}}[$__rate_interval]))`;
}
