import assert from 'node:assert/strict';
import { test } from 'node:test';
import { pushSettings } from '../../../src/otlp/settings.ts';

const on = { OTEL_METRICS_EXPORTER: 'otlp' };

test('nothing is sent unless it is asked for', () => {
  assert.equal(pushSettings({}), undefined);
  assert.equal(pushSettings({ OTEL_METRICS_EXPORTER: 'prometheus' }), undefined);
  assert.equal(pushSettings({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' }), undefined);
  assert.equal(pushSettings({ ...on, OTEL_SDK_DISABLED: 'true' }), undefined);
});

test('without more it goes to the collector of this machine once a minute', () => {
  assert.deepEqual(pushSettings({ OTEL_METRICS_EXPORTER: 'prometheus, otlp' }), {
    endpoint: 'http://localhost:4318/v1/metrics',
    headers: {},
    intervalMs: 60_000,
    timeoutMs: 10_000,
    histograms: 'explicit',
    resource: {},
  });
});

test('an address for metrics is taken as it is, one for all signals gets their path', () => {
  const all = { ...on, OTEL_EXPORTER_OTLP_ENDPOINT: 'https://otel.example.com/in/' };
  assert.equal(pushSettings(all)?.endpoint, 'https://otel.example.com/in/v1/metrics');
  const one = {
    ...all,
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: 'http://prometheus:9090/api/v1/otlp/v1/metrics',
  };
  assert.equal(pushSettings(one)?.endpoint, 'http://prometheus:9090/api/v1/otlp/v1/metrics');
});

test('headers, times and the resource; what is for metrics wins', () => {
  const settings = pushSettings({
    ...on,
    OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20abc, x-tenant=a',
    OTEL_EXPORTER_OTLP_METRICS_HEADERS: 'x-tenant=b',
    OTEL_METRIC_EXPORT_INTERVAL: '5000',
    OTEL_EXPORTER_OTLP_TIMEOUT: '2000',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=prod,service.name=other',
    OTEL_SERVICE_NAME: 'sentiment',
  });
  assert.deepEqual(settings?.headers, { authorization: 'Bearer abc', 'x-tenant': 'b' });
  assert.deepEqual([settings?.intervalMs, settings?.timeoutMs], [5_000, 2_000]);
  assert.deepEqual(settings?.resource, {
    'deployment.environment.name': 'prod',
    'service.name': 'sentiment',
  });
});

test('what cannot be used is said by its name', () => {
  const wrong: Record<string, string>[] = [
    { OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://user:secret@collector:4318' },
    { OTEL_EXPORTER_OTLP_HEADERS: 'Bearer abc' },
    { OTEL_METRIC_EXPORT_INTERVAL: 'often' },
    { OTEL_EXPORTER_OTLP_METRICS_DEFAULT_HISTOGRAM_AGGREGATION: 'native' },
  ];
  for (const env of wrong) {
    const [name] = Object.keys(env) as [string];
    assert.throws(() => pushSettings({ ...on, ...env }), {
      code: 'KS_CONFIG_INVALID',
      message: new RegExp(`^${name} cannot be used`),
    });
  }
});
