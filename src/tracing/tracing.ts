import { type Tracer, trace } from '@opentelemetry/api';
import { KubesentimentError } from '../errors.ts';

export interface TracingOptions {
  /** otlp: to `endpoint`. host: to the provider that the host program has registered. */
  readonly exporter: 'otlp' | 'host';
  /** OTLP over HTTP. */
  readonly endpoint: string;
  /** Share of the batches that get a span, with `otlp`. */
  readonly sampleRatio: number;
  readonly version: string;
}

export interface Tracing {
  readonly tracer: Tracer;
  /** Sends what is left, taking a few seconds at most. */
  close(): Promise<void>;
}

const NAME = 'kubesentiment';
const EXPORT_TIMEOUT_MS = 3_000;

/** Loads the SDK only if it is needed. KS_CONFIG_INVALID if it is not installed. */
export async function startTracing(options: TracingOptions): Promise<Tracing> {
  const { exporter, endpoint, sampleRatio, version } = options;
  if (exporter === 'host') {
    return { tracer: trace.getTracer(NAME, version), close: async () => undefined };
  }
  const { base, otlp, resources } = await loadSdk();
  const spans = new otlp.OTLPTraceExporter({ url: endpoint, timeoutMillis: EXPORT_TIMEOUT_MS });
  const provider = new base.BasicTracerProvider({
    // Attributes from OTEL_RESOURCE_ATTRIBUTES and OTEL_SERVICE_NAME take precedence over ours.
    resource: resources
      .resourceFromAttributes({ 'service.name': NAME, 'service.version': version })
      .merge(resources.detectResources({ detectors: [resources.envDetector] })),
    sampler: new base.TraceIdRatioBasedSampler(sampleRatio),
    spanProcessors: [
      new base.BatchSpanProcessor(spans, { maxQueueSize: 2_048, exportTimeoutMillis: EXPORT_TIMEOUT_MS }),
    ],
  });
  return {
    tracer: provider.getTracer(NAME, version),
    // An unavailable collector must not keep the process from ending.
    close: () => provider.shutdown().catch(() => undefined),
  };
}

async function loadSdk() {
  try {
    const [base, otlp, resources] = await Promise.all([
      import('@opentelemetry/sdk-trace-base'),
      import('@opentelemetry/exporter-trace-otlp-http'),
      import('@opentelemetry/resources'),
    ]);
    return { base, otlp, resources };
  } catch (cause) {
    throw new KubesentimentError('KS_CONFIG_INVALID', 'The OpenTelemetry SDK is not installed.', {
      remedy:
        'Install @opentelemetry/sdk-trace-base, @opentelemetry/exporter-trace-otlp-http and @opentelemetry/resources ' +
        '(npm ci without --omit=optional), or set tracing.exporter to none.',
      cause,
    });
  }
}
