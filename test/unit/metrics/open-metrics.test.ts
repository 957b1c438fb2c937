import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nothingHeldBack } from '../../../src/lag.ts';
import { toOpenMetrics, wantsOpenMetrics } from '../../../src/metrics/open-metrics.ts';
import { MetricsRegistry } from '../../../src/metrics/registry.ts';
import { fakeSource } from './fake-source.ts';

const prometheusServer =
  'application/openmetrics-text;version=1.0.0;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,' +
  'text/plain;version=0.0.4;q=0.3,*/*;q=0.2';

const sampleLine = /^([a-z_][a-z0-9_]*)(?:\{((?:[a-z_]+="(?:[^"\\\n]|\\["\\n])*",?)*)\})? (\S+)$/;
const suffixes: Record<string, readonly string[]> = {
  counter: ['_total'],
  gauge: [''],
  histogram: ['_bucket', '_sum', '_count'],
};

/** Reads OpenMetrics by its rules and returns the kind of each family; throws where a rule is broken. */
function parseOpenMetrics(text: string): Map<string, string> {
  const families = new Map<string, string>();
  assert.ok(text.endsWith('\n# EOF\n'));
  let family = '';
  for (const line of text.slice(0, -'# EOF\n'.length).trimEnd().split('\n')) {
    const type = /^# TYPE (\S+) (counter|gauge|histogram)$/.exec(line);
    if (type !== null) {
      family = type[1] as string;
      assert.ok(!families.has(family), `${family} is there twice`);
      families.set(family, type[2] as string);
      continue;
    }
    if (/^# HELP \S+ \S/.test(line)) continue;
    const sample = sampleLine.exec(line);
    assert.ok(sample !== null, `not a sample: ${line}`);
    const [, name = '', labels = '', value = ''] = sample;
    const allowed = suffixes[families.get(family) ?? ''] ?? [];
    assert.ok(
      allowed.some((suffix) => name === family + suffix),
      `${name} is not of ${family}`,
    );
    assert.ok(Number.isFinite(Number(value)) || /^nan$/i.test(value), line);
    const bound = /le="([^"]*)"/.exec(labels)?.[1];
    if (bound !== undefined) assert.match(bound, /^(\d+\.\d+|\+Inf)$/);
  }
  return families;
}

test('what Prometheus asks for is OpenMetrics, and it parses', async () => {
  const source = fakeSource({
    lag: [
      {
        topic: 't"\\',
        partition: 1,
        messages: 2,
        ...nothingHeldBack,
        seconds: 3,
        committedOffset: 4,
        endOffset: 6,
        status: 'ok' as const,
      },
    ],
  });
  source.counters.endToEnd.record(12, 5);
  const { contentType, body } = await new MetricsRegistry(source).text(prometheusServer);
  assert.equal(contentType, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  const families = parseOpenMetrics(body);
  assert.equal(families.get('kafka_messages_consumed'), 'counter');
  assert.equal(families.get('kafka_batch_rows'), 'histogram');
  assert.equal(families.get('process_cpu_user_seconds'), 'counter');
  assert.match(body, /^kafka_messages_consumed_total\{.*\} 0$/m);
});

test('asking for OpenMetrics leaves the Prometheus format as it was', async () => {
  const registry = new MetricsRegistry(fakeSource());
  await registry.text('application/openmetrics-text');
  const { contentType, body } = await registry.text('text/plain');
  assert.equal(contentType, 'text/plain; version=0.0.4; charset=utf-8');
  assert.ok(body.includes('# TYPE kafka_messages_consumed_total counter\n'));
  assert.ok(!body.includes('# EOF'));
});

test('only whole bounds get a decimal point', () => {
  const line = (le: string) => toOpenMetrics(`x_bucket{le="${le}",topic="le=\\"5\\""} 1\n`).split('\n')[0];
  assert.equal(line('5'), 'x_bucket{le="5.0",topic="le=\\"5\\""} 1');
  assert.equal(line('0.5'), 'x_bucket{le="0.5",topic="le=\\"5\\""} 1');
  assert.equal(line('+Inf'), 'x_bucket{le="+Inf",topic="le=\\"5\\""} 1');
});

test('a gauge whose name ends in _total keeps its name', () => {
  assert.equal(
    toOpenMetrics('# TYPE a_total gauge\na_total 1\n'),
    '# TYPE a_total gauge\na_total 1\n# EOF\n',
  );
});

test('the Accept header decides', () => {
  const cases: [string | undefined, boolean][] = [
    [undefined, false],
    ['', false],
    ['*/*', false],
    ['text/plain', false],
    ['application/openmetrics-text', true],
    ['application/openmetrics-text; version=1.0.0, text/plain;q=0.5', true],
    ['Application/OpenMetrics-Text', true],
    ['text/plain, application/openmetrics-text;q=0.5', false],
    ['application/openmetrics-text;q=0', false],
    ['application/openmetrics-text;q=nonsense', false],
  ];
  for (const [accept, expected] of cases) assert.equal(wantsOpenMetrics(accept), expected, String(accept));
});
