import type { Labels, MetricDefinition, Scrape } from '../metrics/definition.ts';
import { metricDefinitions } from '../metrics/definitions.ts';
import type { Exemplar } from '../metrics/exemplars.ts';
import { Histogram } from '../metrics/histogram.ts';
import { furthestBehind } from '../metrics/partitions.ts';
import type { MetricsSource } from '../metrics/source.ts';
import { exponentialBuckets } from './exponential.ts';
import { type MessagingMetric, messagingBounds, messagingMetrics } from './messaging.ts';
import type { HistogramKind } from './settings.ts';

export interface RequestOptions {
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** Of the counts, ms since 1970. */
  readonly startedAtMs: number;
  readonly nowMs: number;
  /** Exemplars are sent once: of all that were noted, this many have been. */
  readonly exemplarsAfter: number;
  readonly histograms: HistogramKind;
}

/** Finds the exemplars of a series, by our own names. */
type ExemplarsOf = (metric: string, stage?: string) => readonly Exemplar[];

/** Totals since the start, not differences. */
const CUMULATIVE = 2;

/** The body of an OTLP export of metrics, as JSON: all of ours under their names, and those of the conventions. */
export function exportRequest(source: MetricsSource, options: RequestOptions): object {
  const gauges = source.gauges();
  const { counters, labels, build } = source;
  const scrape: Scrape = { counters, labels, build, gauges, lag: furthestBehind(gauges.lag) };
  const { version, resource, exemplarsAfter } = options;
  const exemplarsOf: ExemplarsOf = (metric, stage) =>
    source.exemplars?.after(exemplarsAfter, metric, stage) ?? [];
  const metrics = [
    ...metricDefinitions.map((definition) => ownMetric(definition, scrape, options, exemplarsOf)),
    ...messagingMetrics(source).map((metric) => messagingMetric(metric, options, exemplarsOf)),
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

function ownMetric(
  definition: MetricDefinition,
  scrape: Scrape,
  options: RequestOptions,
  exemplarsOf: ExemplarsOf,
): object {
  const { name, help, kind } = definition;
  const common = { topic: scrape.labels.topic, consumer_group: scrape.labels.consumerGroup };
  const head = { name, description: help, unit: unitOf(name) };
  if (definition.kind === 'histogram') {
    const { bounds, divisor } = definition;
    const dataPoints = [...definition.read(scrape)].map(([labels, histogram]) =>
      histogramPoint(
        { histogram, labels: { ...common, ...labels }, exemplars: exemplarsOf(name, labels['stage']) },
        { bounds, divisor },
        options,
      ),
    );
    return { ...head, ...histogramOf(dataPoints, options) };
  }
  const dataPoints = [...definition.read(scrape)].map(([labels, value]) =>
    numberPoint(value, { ...common, ...labels }, options),
  );
  return { ...head, ...(kind === 'gauge' ? { gauge: { dataPoints } } : sumOf(dataPoints)) };
}

function messagingMetric(
  { name, help, unit, points }: MessagingMetric,
  options: RequestOptions,
  exemplarsOf: ExemplarsOf,
): object {
  const head = { name, description: help, unit };
  const scale = { bounds: messagingBounds, divisor: 1_000 };
  const dataPoints = points.map(([labels, value, series]) =>
    value instanceof Histogram
      ? histogramPoint(
          { histogram: value, labels, exemplars: series === undefined ? [] : exemplarsOf(...series) },
          scale,
          options,
        )
      : numberPoint(value, labels, options),
  );
  return { ...head, ...(unit === 's' ? histogramOf(dataPoints, options) : sumOf(dataPoints)) };
}

function histogramOf(dataPoints: readonly object[], { histograms }: RequestOptions): object {
  const data = { dataPoints, aggregationTemporality: CUMULATIVE };
  return histograms === 'exponential' ? { exponentialHistogram: data } : { histogram: data };
}

function sumOf(dataPoints: readonly object[]): object {
  return { sum: { dataPoints, aggregationTemporality: CUMULATIVE, isMonotonic: true } };
}

function numberPoint(value: number, labels: Labels, options: RequestOptions): object {
  const number = Number.isSafeInteger(value) ? { asInt: String(value) } : { asDouble: value };
  return { attributes: attributesOf(labels), ...times(options), ...number };
}

interface Series {
  readonly histogram: Histogram;
  readonly labels: Labels;
  readonly exemplars: readonly Exemplar[];
}

interface Scale {
  readonly bounds: readonly number[];
  readonly divisor: number;
}

function histogramPoint(
  { histogram, labels, exemplars }: Series,
  { bounds, divisor }: Scale,
  options: RequestOptions,
): object {
  const isExponential = options.histograms === 'exponential';
  return {
    attributes: attributesOf(labels),
    ...times(options),
    count: String(histogram.count),
    sum: histogram.sum / divisor,
    ...(histogram.count > 0 && { min: histogram.min / divisor, max: histogram.max / divisor }),
    ...(isExponential ? exponentialBuckets(histogram, divisor) : explicitBuckets(histogram, bounds, divisor)),
    exemplars: exemplars.map(({ traceId, spanId, value, atS }) => ({
      ...{ traceId, spanId, asDouble: value },
      timeUnixNano: nanoseconds(1_000 * atS),
    })),
  };
}

/** Each bucket by itself, the last one for what is beyond the bounds. */
function explicitBuckets(histogram: Histogram, bounds: readonly number[], divisor: number): object {
  const upTo = [...histogram.cumulativeCounts(bounds.map((bound) => bound * divisor)), histogram.count];
  return {
    bucketCounts: upTo.map((count, i) => String(count - (upTo[i - 1] ?? 0))),
    explicitBounds: bounds,
  };
}

function times({ startedAtMs, nowMs }: RequestOptions): object {
  return { startTimeUnixNano: nanoseconds(startedAtMs), timeUnixNano: nanoseconds(nowMs) };
}

/** Whole numbers of 64 bits are written as text. */
function nanoseconds(ms: number): string {
  return `${Math.round(ms)}000000`;
}

function attributesOf(values: Readonly<Record<string, string>>): object[] {
  return Object.entries(values).map(([key, stringValue]) => ({ key, value: { stringValue } }));
}

function unitOf(name: string): string {
  if (/_seconds$/.test(name)) return 's';
  if (/_bytes$/.test(name)) return 'By';
  return /_messages(_\w+)?$/.test(name) ? '{message}' : '1';
}
