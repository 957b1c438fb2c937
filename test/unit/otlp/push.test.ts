import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test, type TestContext } from 'node:test';
import { nothingHeldBack } from '../../../src/lag.ts';
import { createLogger } from '../../../src/log.ts';
import { Exemplars } from '../../../src/metrics/exemplars.ts';
import { metricDefinitions } from '../../../src/metrics/definitions.ts';
import { MetricsPush } from '../../../src/otlp/push.ts';
import type { HistogramKind } from '../../../src/otlp/settings.ts';
import { fakeSource } from '../metrics/fake-source.ts';

// biome-ignore lint/suspicious/noExplicitAny: what is sent is what the test is about.
type Any = any;

/** A collector, and a push to it that only sends when it is told to. */
async function collector(t: TestContext, histograms: HistogramKind = 'explicit') {
  const got: { headers: Any; body: Any }[] = [];
  const answer = { status: 200, headers: {} };
  const server = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk) => {
      text += chunk;
    });
    request.on('end', () => {
      got.push({ headers: request.headers, body: JSON.parse(text) });
      response.writeHead(answer.status, answer.headers).end('{}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const lag = [
    { topic: 't', partition: 3, messages: 7, seconds: 1.5, committedOffset: 5, endOffset: 12 },
  ].map((each) => ({ ...each, ...nothingHeldBack, status: 'ok' as const }));
  const exemplars = new Exemplars();
  const source = { ...fakeSource({ lag, desiredReplicas: 1.25 }), exemplars };
  const lines: string[] = [];
  const destination = { write: (line: string) => void lines.push(line) };
  const logger = createLogger({ level: 'info', format: 'json', destination });
  const settings = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/metrics?key=SECRET`,
    headers: { authorization: 'Bearer SECRET' },
    intervalMs: 3_600_000,
    timeoutMs: 60_000,
    histograms,
    resource: { 'service.name': 'sentiment' },
  };
  const { endpoint } = settings;
  return { got, answer, endpoint, source, lines, push: new MetricsPush(settings, source, logger) };
}

const attributes = (list: Any): Record<string, string> =>
  Object.fromEntries(list.map(({ key, value }: Any) => [key, value.stringValue]));

test('all of our metrics are sent under their names, and those of the conventions', async (t) => {
  const { got, source, push } = await collector(t);
  source.counters.messagesConsumed = 12;
  for (const ms of [4, 40, 40, 70_000]) source.counters.processing.record(ms);
  await push.send();
  await push.close();
  const [{ headers, body }] = got as [{ headers: Any; body: Any }];
  assert.equal(headers.authorization, 'Bearer SECRET');
  const [{ resource, scopeMetrics }] = body.resourceMetrics;
  assert.equal(attributes(resource.attributes)['service.name'], 'sentiment');
  assert.equal(attributes(resource.attributes)['service.version'], '1.2.3');
  const byName = new Map<string, Any>(scopeMetrics[0].metrics.map((metric: Any) => [metric.name, metric]));
  for (const { name } of metricDefinitions) assert.ok(byName.has(name), name);
  const lag = byName.get('kafka_consumer_lag').gauge.dataPoints[0];
  assert.deepEqual(attributes(lag.attributes), {
    topic: 't',
    consumer_group: 'group',
    partition: '3',
  });
  assert.equal(lag.asInt, '7');
  assert.equal(byName.get('kafka_desired_replicas').gauge.dataPoints[0].asDouble, 1.25);

  const consumed = byName.get('messaging.client.consumed.messages');
  assert.deepEqual([consumed.sum.isMonotonic, consumed.sum.aggregationTemporality], [true, 2]);
  assert.equal(consumed.sum.dataPoints[0].asInt, '12');
  const { 'messaging.system': system, 'messaging.destination.name': topic } = attributes(
    consumed.sum.dataPoints[0].attributes,
  );
  assert.deepEqual([system, topic], ['kafka', 'requests']);
  const duration = byName.get('messaging.process.duration');
  const [point] = duration.histogram.dataPoints;
  assert.deepEqual([duration.unit, point.count], ['s', '4']);
  assert.equal(point.bucketCounts.length, point.explicitBounds.length + 1);
  assert.deepEqual(
    [point.bucketCounts[0], point.bucketCounts[3], point.bucketCounts.at(-1)],
    ['1', '2', '1'],
  );
  assert.ok(Math.abs(point.sum - 70.084) < 1e-9);
  assert.match(point.timeUnixNano, /^\d{19}$/);
});

test('a collector that refuses is told of once, and when it takes metrics again', async (t) => {
  const { got, answer, lines, push } = await collector(t);
  answer.status = 503;
  await push.send();
  await push.send();
  answer.status = 200;
  await push.send();
  await push.close();
  assert.equal(got.length, 4, 'with the last state');
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).event),
    ['metrics_push', 'metrics_push_failed', 'metrics_push_back'],
  );
  assert.match(lines[1] ?? '', /"reason":"It answers with 503\."/);
  assert.doesNotMatch(lines.join(), /SECRET/);
});

test('a redirect is not followed: the headers go nowhere else', async (t) => {
  const other = await collector(t);
  const { got, answer, lines, push } = await collector(t);
  Object.assign(answer, { status: 307, headers: { location: other.endpoint } });
  await push.send();
  await push.close();
  await other.push.close();
  assert.match(lines[1] ?? '', /"reason":"It answers with 307\."/);
  assert.deepEqual([got.length, other.got.length], [2, 1], 'what the other one has is its own');
});

/** The data points of a histogram in what was sent. */
function pointsOf({ body }: { body: Any }, name: string): Any {
  const { metrics } = body.resourceMetrics[0].scopeMetrics[0];
  const metric = metrics.find((each: Any) => each.name === name);
  return (metric.histogram ?? metric.exponentialHistogram).dataPoints;
}

test('exemplars go with both names of their metric, once', async (t) => {
  const { got, answer, source, push } = await collector(t);
  source.counters.processing.record(40);
  const trace = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16) };
  source.exemplars.note('kafka_message_processing_duration_seconds', 0.04, trace);
  source.exemplars.note('kafka_stage_duration_seconds', 0.02, trace, 'commit');
  answer.status = 503;
  await push.send();
  answer.status = 200;
  await push.send();
  source.exemplars.note('kafka_transaction_duration_seconds', 0.03, trace);
  await push.send();
  const exemplarsIn = (export_: number, name: string): Any[] =>
    pointsOf(got[export_] as Any, name).flatMap(({ exemplars }: Any) => exemplars);
  for (const name of ['kafka_message_processing_duration_seconds', 'messaging.process.duration']) {
    const [exemplar, ...others] = exemplarsIn(1, name);
    assert.equal(others.length, 0);
    assert.match(exemplar.timeUnixNano, /^\d{19}$/);
    assert.deepEqual({ ...exemplar, timeUnixNano: '' }, { ...trace, asDouble: 0.04, timeUnixNano: '' });
    assert.deepEqual(exemplarsIn(2, name), [], 'it has been taken');
  }
  for (const name of ['kafka_stage_duration_seconds', 'messaging.client.operation.duration'])
    assert.equal(exemplarsIn(1, name).length, 1, name);
  assert.equal(exemplarsIn(2, 'kafka_transaction_duration_seconds').length, 1);
  await push.close();
});

test('exponential histograms have every number in the bucket where it belongs', async (t) => {
  const { got, source, push } = await collector(t, 'exponential');
  const numbers = [0, 0, 1, 3, 3, 700, 12_345.6, 999_999];
  for (const ms of numbers) source.counters.processing.record(ms);
  await push.send();
  await push.close();
  const [point] = pointsOf(got[0] as Any, 'messaging.process.duration');
  const { scale, zeroCount, positive } = point;
  assert.deepEqual([scale, zeroCount, point.count], [3, '2', String(numbers.length)]);
  assert.deepEqual([point.min, point.max], [0, 999.999]);
  const expected = new Map<number, number>();
  for (const ms of numbers.filter((each) => each > 0)) {
    const index = Math.ceil(Math.log2(ms / 1_000) * 8) - 1;
    expected.set(index, (expected.get(index) ?? 0) + 1);
  }
  const found = new Map<number, number>();
  positive.bucketCounts.forEach((count: string, i: number) => {
    if (count !== '0') found.set(positive.offset + i, Number(count));
  });
  assert.deepEqual(found, expected);
  const [empty] = pointsOf(got[0] as Any, 'kafka_batch_rows');
  assert.deepEqual(empty.positive, { offset: 0, bucketCounts: [] });
  assert.equal(empty.min, undefined);
});
