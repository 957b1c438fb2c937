import { KubesentimentError } from '../errors.ts';

/** `exponential`: buckets that fit any number, which Prometheus takes as native histograms. */
export type HistogramKind = 'explicit' | 'exponential';

/** Where metrics are sent to, and how often. */
export interface PushSettings {
  readonly endpoint: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly histograms: HistogramKind;
  /** Attributes of the resource. */
  readonly resource: Readonly<Record<string, string>>;
}

type Environment = Readonly<Record<string, string | undefined>>;

const ENDPOINT = 'http://localhost:4318';
const INTERVAL_MS = 60_000;
const TIMEOUT_MS = 10_000;

/**
 * The environment variables that OpenTelemetry defines for metrics. undefined unless OTEL_METRICS_EXPORTER has otlp:
 * what is not asked for is not sent. KS_CONFIG_INVALID for a protocol other than HTTP, and for what cannot be read.
 */
export function pushSettings(env: Environment): PushSettings | undefined {
  const exporters = (env['OTEL_METRICS_EXPORTER'] ?? '').split(',').map((name) => name.trim());
  if (!exporters.includes('otlp') || env['OTEL_SDK_DISABLED']?.toLowerCase() === 'true') return undefined;
  const protocol = of(env, 'PROTOCOL') ?? 'http/json';
  if (!protocol.startsWith('http/'))
    throw invalid(
      'OTEL_EXPORTER_OTLP_PROTOCOL',
      'only HTTP is spoken',
      'Set it to http/json, and the port to 4318.',
    );
  return {
    endpoint: endpointOf(env),
    headers: {
      ...pairs(env, 'OTEL_EXPORTER_OTLP_HEADERS'),
      ...pairs(env, 'OTEL_EXPORTER_OTLP_METRICS_HEADERS'),
    },
    intervalMs: wholeOf(env, 'OTEL_METRIC_EXPORT_INTERVAL', INTERVAL_MS),
    timeoutMs: Math.min(
      wholeOf(
        env,
        'OTEL_EXPORTER_OTLP_METRICS_TIMEOUT',
        wholeOf(env, 'OTEL_EXPORTER_OTLP_TIMEOUT', TIMEOUT_MS),
      ),
      wholeOf(env, 'OTEL_METRIC_EXPORT_TIMEOUT', TIMEOUT_MS),
    ),
    histograms: histogramsOf(env),
    resource: {
      ...pairs(env, 'OTEL_RESOURCE_ATTRIBUTES'),
      ...(env['OTEL_SERVICE_NAME'] && { 'service.name': env['OTEL_SERVICE_NAME'] }),
    },
  };
}

/** That for metrics, else that for all signals. */
function of(env: Environment, name: string): string | undefined {
  return env[`OTEL_EXPORTER_OTLP_METRICS_${name}`] || env[`OTEL_EXPORTER_OTLP_${name}`] || undefined;
}

/** One for metrics is taken as it is; one for all signals is what their paths are added to. */
function endpointOf(env: Environment): string {
  const all = env['OTEL_EXPORTER_OTLP_ENDPOINT'] || ENDPOINT;
  const endpoint = env['OTEL_EXPORTER_OTLP_METRICS_ENDPOINT'] || `${all.replace(/\/$/, '')}/v1/metrics`;
  if (!/^https?:\/\/[^\s/]/.test(endpoint) || !URL.canParse(endpoint))
    throw invalid(
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'it is not a valid address',
      'Write it like http://collector:4318.',
    );
  const { username, password } = new URL(endpoint);
  if (username === '' && password === '') return endpoint;
  const remedy = 'Put it into OTEL_EXPORTER_OTLP_HEADERS: authorization=Basic%20…';
  throw invalid('OTEL_EXPORTER_OTLP_ENDPOINT', 'a login cannot be part of the address', remedy);
}

const HISTOGRAMS = 'OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION';

function histogramsOf(env: Environment): HistogramKind {
  const wanted = (env[HISTOGRAMS] || 'explicit_bucket_histogram').toLowerCase();
  if (wanted === 'explicit_bucket_histogram') return 'explicit';
  if (wanted === 'base2_exponential_bucket_histogram') return 'exponential';
  const remedy = 'Set it to explicit_bucket_histogram or base2_exponential_bucket_histogram.';
  throw invalid(HISTOGRAMS, 'there is no such aggregation', remedy);
}

/** `a=1,b=2`, with percent signs as in addresses. */
function pairs(env: Environment, name: string): Record<string, string> {
  const entries = (env[name] ?? '')
    .split(',')
    .filter((pair) => pair.trim() !== '')
    .map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw invalid(name, 'it is no list of name=value', 'Separate them with commas.');
      return [pair.slice(0, at).trim(), decoded(pair.slice(at + 1).trim())] as const;
    });
  return Object.fromEntries(entries);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function wholeOf(env: Environment, name: string, fallback: number): number {
  const text = env[name];
  if (!text) return fallback;
  if (!/^[1-9]\d{0,8}$/.test(text)) throw invalid(name, 'it is no number of milliseconds', 'Such as 60000.');
  return Number(text);
}

function invalid(name: string, reason: string, remedy: string): KubesentimentError {
  return new KubesentimentError('KS_CONFIG_INVALID', `${name} cannot be used: ${reason}.`, { remedy });
}
