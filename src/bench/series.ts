/** What happened in one interval of a measurement. */
export interface SeriesPoint {
  /** Seconds from the first message to the end of the interval. */
  readonly at_s: number;
  readonly sent_tps: number;
  readonly visible_tps: number;
  /** Sent but not yet visible at the end of the interval. */
  readonly lag: number;
  /** End to end; null if nothing came out. */
  readonly p50_ms: number | null;
  readonly p95_ms: number | null;
  readonly p99_ms: number | null;
  /** Cores that the consumer used; null if the system does not report it. */
  readonly consumer_cores: number | null;
  readonly rss_bytes: number | null;
}
