import { collectDefaultMetrics, type Metric, Registry } from 'prom-client';
import type { Labels, MetricDefinition, Scrape } from './definition.ts';
import { metricDefinitions } from './definitions.ts';
import type { Histogram } from './histogram.ts';
import { OPEN_METRICS_CONTENT_TYPE, toOpenMetrics, wantsOpenMetrics } from './open-metrics.ts';
import { furthestBehind } from './partitions.ts';
import type { MetricsSource } from './source.ts';

export interface MetricsText {
  readonly contentType: string;
  readonly body: string;
}

interface Value {
  readonly metricName: string;
  readonly labels: Labels | { readonly le: number | string };
  readonly value: number;
}

/**
 * Our metrics and Node's own as text. Nothing is recorded in prom-client: at each scrape it asks our definitions for
 * their numbers, and they read them from the source.
 */
export class MetricsRegistry {
  readonly #registry = new Registry();
  readonly #source: MetricsSource;
  #scrape: Scrape;

  constructor(source: MetricsSource) {
    this.#source = source;
    this.#scrape = takeScrape(source);
    for (const definition of metricDefinitions) {
      const collector = {
        name: definition.name,
        get: async () => ({
          name: definition.name,
          help: definition.help,
          type: definition.kind,
          values: valuesOf(definition, this.#scrape),
        }),
      };
      // A registry only uses the name of a metric and what `get` returns.
      this.#registry.registerMetric(collector as unknown as Metric);
    }
    collectDefaultMetrics({ register: this.#registry });
  }

  /** In OpenMetrics format if the Accept header asks for it, otherwise in the Prometheus format. */
  async text(accept: string | undefined): Promise<MetricsText> {
    this.#scrape = takeScrape(this.#source);
    const body = await this.#registry.metrics();
    return wantsOpenMetrics(accept)
      ? { contentType: OPEN_METRICS_CONTENT_TYPE, body: toOpenMetrics(body, this.#source.exemplars) }
      : { contentType: this.#registry.contentType, body };
  }
}

function takeScrape(source: MetricsSource): Scrape {
  const { counters, labels, build } = source;
  const gauges = source.gauges();
  return { counters, labels, build, gauges, lag: furthestBehind(gauges.lag) };
}

function valuesOf(definition: MetricDefinition, scrape: Scrape): Value[] {
  const common = { topic: scrape.labels.topic, consumer_group: scrape.labels.consumerGroup };
  if (definition.kind === 'histogram') {
    return [...definition.read(scrape)].flatMap(([labels, histogram]) =>
      histogramValues(definition, { ...common, ...labels }, histogram),
    );
  }
  return [...definition.read(scrape)].map(([labels, value]) => ({
    metricName: definition.name,
    labels: { ...common, ...labels },
    value,
  }));
}

function histogramValues(
  { name, bounds, divisor }: MetricDefinition & { kind: 'histogram' },
  labels: Labels,
  histogram: Histogram,
): Value[] {
  const metricName = `${name}_bucket`;
  const counts = histogram.cumulativeCounts(bounds.map((bound) => bound * divisor));
  return [
    ...bounds.map((le, i) => ({ metricName, labels: { le, ...labels }, value: counts[i] as number })),
    { metricName, labels: { le: '+Inf', ...labels }, value: histogram.count },
    { metricName: `${name}_sum`, labels, value: histogram.sum / divisor },
    { metricName: `${name}_count`, labels, value: histogram.count },
  ];
}
