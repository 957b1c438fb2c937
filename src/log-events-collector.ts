/** Events about what is sent to a collector of OpenTelemetry; see log-events.ts. */
export const collectorEvents = {
  metrics_push: ['KS1380', 'Metrics are sent to a collector (OTLP).'],
  metrics_push_failed: [
    'KS1381',
    'The collector does not take the metrics; the next ones carry the same totals.',
    'The reason says why. Check OTEL_EXPORTER_OTLP_ENDPOINT and its headers. It is said once, until it works again.',
  ],
  metrics_push_back: ['KS1382', 'The collector takes the metrics again.'],
  spans_export_failed: [
    'KS1410',
    'The collector refuses spans or does not answer; they are dropped, and messages go on.',
    'The reason says why. Check tracing.endpoint. It is logged once, until it works again.',
  ],
  spans_export_back: [
    'KS1411',
    'The collector takes spans again; "lost" says how many were dropped meanwhile.',
  ],
  tracing_failed: [
    'KS1412',
    'A call to the tracer failed; spans or exemplars are missing, and messages go on.',
    'With tracing.exporter: host, check the tracer provider that the program has registered. Otherwise report it.',
  ],
  spans_dropped: [
    'KS1413',
    'The collector is too slow for all spans; "dropped" says how many found the queue full since the last such line.',
    'Lower tracing.sample_ratio, or give the collector more resources. It is logged at most once a minute.',
  ],
} as const;
