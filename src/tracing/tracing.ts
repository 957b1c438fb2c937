import { type Tracer, trace } from '@opentelemetry/api';
import type { ReadableSpan, SpanExporter, SpanProcessor } from '@opentelemetry/sdk-trace-base';
import { KubesentimentError } from '../errors.ts';
import { withTimeout } from '../timing.ts';
import { countedQueue } from './counted-queue.ts';
import type { IsSampled } from './names.ts';
import { spansRequest } from './span-json.ts';
import { type OnExport, WatchedExporter } from './watched-exporter.ts';

export interface TracingOptions {
  /** otlp: to `endpoint`. host: to the provider that the host program has registered. */
  readonly exporter: 'otlp' | 'host';
  /** OTLP over HTTP. */
  readonly endpoint: string;
  /** Share of the polls, batches and transactions that get spans, with `otlp`. */
  readonly sampleRatio: number;
  readonly version: string;
  /** With `otlp`: how each export ended. */
  readonly onExport: OnExport;
  /** With `otlp`: a span has found the queue full. */
  readonly onDropped: () => void;
}

export interface Tracing {
  readonly tracer: Tracer;
  readonly isSampled: IsSampled;
  /** Sends what is left, taking a few seconds at most. */
  close(): Promise<void>;
}

const NAME = 'kubesentiment';
const EXPORT_TIMEOUT_MS = 3_000;
/** Spans that wait for a collector: more are dropped. With those on their way they take 40 MB. */
const QUEUE_SPANS = 1_024;
/** Writing an export holds up the event loop: 1 ms for as many with 28 links each, 3 ms with all their links. */
const EXPORT_SPANS = 128;
const CLOSE_MS = 5_000;

/** Loads the SDK only if it is needed. KS_CONFIG_INVALID if it is not installed. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { exporter, endpoint, sampleRatio, version, onExport, onDropped } = options;
  if (exporter === 'host') {
    return { tracer: trace.getTracer(NAME, version), isSampled: () => true, close: async () => undefined };
  }
  const { base, http, resources } = await loadSdk();
  const spans = exporterTo(endpoint, http);
  const queueOf = (onTaken: (spans: number) => void): SpanProcessor =>
    new base.BatchSpanProcessor(new WatchedExporter(spans, onTaken, onExport), {
      maxQueueSize: QUEUE_SPANS,
      maxExportBatchSize: EXPORT_SPANS,
      // The exporter gives up first, and says why.
      exportTimeoutMillis: EXPORT_TIMEOUT_MS + 1_000,
    });
  const provider = new base.BasicTracerProvider({
    // Attributes from OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME take precedence over ours.
    resource: resources
      .resourceFromAttributes({ 'service.name': NAME, 'service.version': version })
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    spanProcessors: [countedQueue(queueOf, QUEUE_SPANS, onDropped)],
  });
  return {
    tracer: provider.getTracer(NAME, version),
    // Here and not in a sampler of the SDK: that is asked when all links have been found.
    isSampled: () => Math.random() < sampleRatio,
    // An unavailable collector must not keep the process from ending.
    close: () => withTimeout(provider.shutdown(), CLOSE_MS, () => undefined).catch(() => undefined),
  };
}

type Http = typeof import('@opentelemetry/otlp-exporter-base/node-http');

/** OTLP as JSON. Headers, certificates and compression are those of `OTEL_EXPORTER_OTLP_…`. */
function exporterTo(url: string, http: Http): SpanExporter {
  const options = { url, timeoutMillis: EXPORT_TIMEOUT_MS };
  return http.createOtlpHttpExportDelegate(
    http.convertLegacyHttpOptions(options, 'TRACES', 'v1/traces', { 'Content-Type': 'application/json' }),
    {
      serializeRequest: spansRequest,
      deserializeResponse: (body) => (body.length === 0 ? {} : JSON.parse(Buffer.from(body).toString())),
    },
    'otlp_http_span_exporter',
    { name: 'span', countItems: (spans: ReadableSpan[]) => spans.length },
    undefined,
  );
}

async function loadSdk() {
  try {
    const [base, http, resources] = await Promise.all([
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/otlp-exporter-base/node-http'),
      import('@opentelemetry/resources'),
    ]);
    return { base, http, resources };
  } catch (cause) {
    throw new KubesentimentError('KS_CONFIG_INVALID', 'The OpenTelemetry SDK is not installed.', {
      remedy:
        'Install @opentelemetry/sdk-trace-base, @opentelemetry/otlp-exporter-base and @opentelemetry/resources ' +
        '(npm ci without --omit=optional), or set tracing.exporter to none.',
      cause,
    });
  }
}
