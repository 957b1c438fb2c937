import type { Histogram } from '../metrics/histogram.ts';
import type { ConsumerProcess } from './consumer-process.ts';
import type { GeneratorProcess } from './generator-process.ts';
import type { Observer } from './observer.ts';
import { cpuSeconds, rssBytes } from './process-usage.ts';
import type { SeriesPoint } from './series.ts';

/** Approximate number of points; each covers at least a quarter of a second. */
const POINTS = 150;
const INTERVAL_MS_MIN = 250;

interface Watched {
  readonly generator: GeneratorProcess;
  readonly observer: Observer;
  readonly consumer: ConsumerProcess;
}

/** Cuts a measurement into equal intervals. */
export class Sampler {
  readonly points: SeriesPoint[] = [];
  readonly #watched: Watched;
  readonly #intervalMs: number;
  readonly #startedAt = performance.now();
  #last: { readonly at: number; readonly sent: number; readonly visible: number; readonly cpuS: number };

  constructor(watched: Watched, durationS: number) {
    this.#watched = watched;
    this.#intervalMs = Math.max(INTERVAL_MS_MIN, (durationS * 1_000) / POINTS);
    this.#last = { at: this.#startedAt, sent: 0, visible: 0, cpuS: cpuSeconds(watched.consumer.pid) };
  }

  /** Call often: most calls do nothing. */
  tick(): void {
    const { generator, observer, consumer } = this.#watched;
    const at = performance.now();
    const seconds = (at - this.#last.at) / 1_000;
    if (seconds * 1_000 < this.#intervalMs) return;
    const now = { at, sent: generator.sent, visible: observer.visible, cpuS: cpuSeconds(consumer.pid) };
    const latencies = observer.takeInterval();
    this.points.push({
      at_s: rounded((at - this.#startedAt) / 1_000, 2),
      sent_tps: rounded((now.sent - this.#last.sent) / seconds, 1),
      visible_tps: rounded((now.visible - this.#last.visible) / seconds, 1),
      lag: Math.max(0, now.sent - now.visible),
      p50_ms: percentile(latencies, 50),
      p95_ms: percentile(latencies, 95),
      p99_ms: percentile(latencies, 99),
      consumer_cores: known(rounded((now.cpuS - this.#last.cpuS) / seconds, 2)),
      rss_bytes: known(rssBytes(consumer.pid)),
    });
    this.#last = now;
  }
}

function percentile(latencies: Histogram, percent: number): number | null {
  return latencies.count === 0 ? null : rounded(latencies.percentile(percent), 2);
}

function known(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}

function rounded(value: number, decimals: number): number {
  return Math.round(value * 10 ** decimals) / 10 ** decimals;
}
