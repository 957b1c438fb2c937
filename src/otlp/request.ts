import type { Labels, MetricDefinition, Scrape } from '../metrics/definition.ts';
import { metricDefinitions } from '../metrics/definitions.ts';
import { Histogram } from '../metrics/histogram.ts';
import { furthestBehind } from '../metrics/partitions.ts';
import type { MetricsSource } from '../metrics/source.ts';
import { type MessagingMetric, messagingBounds, messagingMetrics } from './messaging.ts';

export interface RequestOptions {
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** Of the counts, ms since 1970. */
  readonly startedAtMs: number;
  readonly nowMs: number;
}

/** Totals since the start, not differences. */
const CUMULATIVE = 2;

/** The body of an OTLP export of metrics, as JSON: all of ours under their names, and those of the conventions. */
export function exportRequest(source: MetricsSource, options: RequestOptions): object {
  const gauges = source.gauges();
  const { counters, labels, build } = source;
  const scrape: Scrape = { counters, labels, build, gauges, lag: furthestBehind(gauges.lag) };
  const { version, resource } = options;
  const metrics = [
    ...metricDefinitions.map((definition) => ownMetric(definition, scrape, options)),
    ...messagingMetrics(source).map((metric) => messagingMetric(metric, options)),
  ];
  return {
    resourceMetrics: [
      {
        resource: { attributes: attributesOf(resource) },
        scopeMetrics: [{ scope: { name: 'kubesentiment', version }, metrics }],
      },
    ],
  };
}

function ownMetric(definition: MetricDefinition, scrape: Scrape, options: RequestOptions): object {
  const { name, help, kind } = definition;
  const common = { topic: scrape.labels.topic, consumer_group: scrape.labels.consumerGroup };
  const head = { name, description: help, unit: unitOf(name) };
  if (definition.kind === 'histogram') {
    const { bounds, divisor } = definition;
    const dataPoints = [...definition.read(scrape)].map(([labels, histogram]) =>
      histogramPoint(histogram, { ...common, ...labels }, { bounds, divisor }, options),
    );
    return { ...head, histogram: { dataPoints, aggregationTemporality: CUMULATIVE } };
  }
  const dataPoints = [...definition.read(scrape)].map(([labels, value]) =>
    numberPoint(value, { ...common, ...labels }, options),
  );
  return { ...head, ...(kind === 'gauge' ? { gauge: { dataPoints } } : sumOf(dataPoints)) };
}

function messagingMetric({ name, help, unit, points }: MessagingMetric, options: RequestOptions): object {
  const head = { name, description: help, unit };
  const scale = { bounds: messagingBounds, divisor: 1_000 };
  const dataPoints = points.map(([labels, value]) =>
    value instanceof Histogram
      ? histogramPoint(value, labels, scale, options)
      : numberPoint(value, labels, options),
  );
  return unit === 's'
    ? { ...head, histogram: { dataPoints, aggregationTemporality: CUMULATIVE } }
    : { ...head, ...sumOf(dataPoints) };
}

function sumOf(dataPoints: readonly object[]): object {
  return { sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } };
}

function numberPoint(value: number, labels: Labels, options: RequestOptions): object {
  const number = Number.isSafeInteger(value) ? { asInt: String(value) } : { asDouble: value };
  return { attributes: attributesOf(labels), ...times(options), ...number };
}

function histogramPoint(
  histogram: Histogram,
  labels: Labels,
  { bounds, divisor }: { readonly bounds: readonly number[]; readonly divisor: number },
  options: RequestOptions,
): object {
  const upTo = [...histogram.cumulativeCounts(bounds.map((bound) => bound * divisor)), histogram.count];
  return {
    attributes: attributesOf(labels),
    ...times(options),
    count: String(histogram.count),
    sum: histogram.sum / divisor,
    // Each bucket by itself, the last one for what is beyond the bounds.
    bucketCounts: upTo.map((count, i) => String(count - (upTo[i - 1] ?? 0))),
    explicitBounds: bounds,
  };
}

/** Whole numbers of 64 bits are written as text. */
function times({ startedAtMs, nowMs }: RequestOptions): object {
  return {
    startTimeUnixNano: `${Math.round(startedAtMs)}000000`,
    timeUnixNano: `${Math.round(nowMs)}000000`,
  };
}

function attributesOf(values: Readonly<Record<string, string>>): object[] {
  return Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function unitOf(name: string): string {
  if (/_seconds$/.test(name)) return 's';
  if (/_bytes$/.test(name)) return 'By';
  return /_messages(_\w+)?$/.test(name) ? '{message}' : '1';
}
