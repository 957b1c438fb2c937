/** A query of a panel: a PromQL expression and the legend of its series. */
export type Query = readonly [expression: string, legend: string];

export interface Panel {
  readonly title: string;
  readonly kind: 'stat' | 'timeseries' | 'bargauge' | 'table';
  /** The name of the panel type in Grafana. */
  readonly unit: string;
  /** What a reader should learn from it, in one or two sentences. */
  readonly help: string;
  readonly queries: readonly Query[];
  /** Green below the first, yellow from the first, red from the second; the other way round if they fall. */
  readonly limits?: readonly [yellow: number, red: number];
  readonly isFalling?: boolean;
  /** In columns of Grafana, which has 24. Default: 8. */
  readonly width?: number;
}

export interface Row {
  readonly title: string;
  readonly panels: readonly Panel[];
}

/** The labels of all our metrics, bound to the variables of the dashboard. */
export const OUR = 'consumer_group=~"$consumer_group",topic=~"$topic"';
/** Metrics of Node and the process lack these labels; they are ours if the same instance exports our build info. */
export const ofOurs = `and on (instance, job) kubesentiment_build_info{${OUR}}`;

export function quantile(share: number, histogram: string, by = 'le', labels = OUR): string {
  const buckets = `${histogram}_bucket{${labels}}`;
  return `histogram_quantile(${share}, sum by (${by}) (rate(${buckets}[$__rate_interval])))`;
}

export function percentiles(histogram: string): Query[] {
  return [0.5, 0.95, 0.99].map((share) => [quantile(share, histogram), `p${share * 100}`]);
}

export function perSecond(counter: string, by: string): string {
  return `sum by (${by}) (rate(${counter}{${OUR}}[$__rate_interval]))`;
}
