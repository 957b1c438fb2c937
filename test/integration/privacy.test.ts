/**
 * What users send must not come out where operators look. Marked values stand in every part of good and bad messages
 * and of HTTP requests, while the broker fails and tracing is on; no log line, metric, answer, span or header of ours
 * may hold a mark. The same run shows that traces go on.
 */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { test } from 'node:test';
import { type Delivery, headerOf, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, startBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, type ReadRecord, type TestRecord } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

/** In text, key, id, metadata, names of members, headers and queries. */
const MARK = 'ocelot7391';
const TOKEN = `token-${MARK}-0123456789`;
const traceId = (i: number): string => (i + 1).toString(16).padStart(32, '0');
const traceparent = (i: number): string => `00-${traceId(i)}-00f067aa0ba902b7-01`;

const bad: readonly (string | Buffer | null)[] = [
  `{"text":"${MARK}`,
  `{"text":{"${MARK}":1}}`,
  `{"${MARK}":"${MARK}"}`,
  `["${MARK}"]`,
  `${MARK} plainly`,
  `{"text":"a","id":["${MARK}"]}`,
  `{"text":"${MARK}\\ud83d"}`,
  `{"text":"${MARK.repeat(150_000)}"}`,
  Buffer.concat([Buffer.from(`{"text":"${MARK}`), Buffer.from([0xff]), Buffer.from('"}')]),
  null,
];

const requests: TestRecord[] = Array.from({ length: 200 }, (_, i) => ({
  key: `${MARK}-key-${i}`,
  headers: [
    { traceparent: traceparent(i) },
    { [`${MARK}-header`]: MARK },
    { 'x-stage': MARK },
    { tracestate: `${MARK}=1` },
  ],
  value:
    i % 4 === 0
      ? (bad[(i / 4) % bad.length] as string | null)
      : JSON.stringify({
          id: `${MARK}-${i}`,
          text: `${MARK} is a fine film`,
          source: MARK,
          metadata: { user_id: MARK },
        }),
}));
const badCount = requests.filter((_, i) => i % 4 === 0).length;

test('marked values of users are in no log, metric, answer, span or header of ours', {
  skip: noBroker,
}, async (t) => {
  const broker = await startBroker();
  const collector = await startCollector();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) {
    await broker.createTopic(topic, 1, { 'max.message.bytes': String(4 * 2 ** 20) });
  }
  const port = await collector.freePort();
  const service = startService({
    'request.strict': true,
    'request.tombstones': 'dead_letter',
    'kafka.bootstrap_servers': broker.bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'kafka.dlq_stop_ratio': 0,
    'logging.level': 'trace',
    'http.port': port,
    'http.token': TOKEN,
    'http.requests_per_second': 1_000,
    'tracing.exporter': 'otlp',
    'tracing.endpoint': collector.url,
  });
  await service.waitFor('partitions_assigned');
  const half = requests.length / 2;
  await produceAll(broker.bootstrapServers, topics.requests, requests.slice(0, half));
  await waitForDelivery(broker.bootstrapServers, topics, half);
  await broker.restart();
  await produceAll(broker.bootstrapServers, topics.requests, requests.slice(half));
  const delivery = await waitForDelivery(broker.bootstrapServers, topics, requests.length);
  const answers = await ask(`http://127.0.0.1:${port}`);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  await broker.stop();
  await collector.close();

  await t.test('nothing is lost over the loss of the broker', () => {
    assert.deepEqual({ lost: delivery.lost, doubled: delivery.doubled }, { lost: [], doubled: [] });
    assert.equal(delivery.deadLetters.length, badCount);
  });
  await t.test('the log tells of the failures, and of no message', () => {
    assert.match(service.log(), /"event":"dead_letter"/);
    assert.match(service.log(), /"event":"(broker_unreachable|kafka_error|transaction_aborted)"/);
    assert.ok(!service.log().includes(MARK));
  });
  await t.test('no HTTP answer holds a mark, an error neither', () => {
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 200, 400, 400, 400, 401, 404],
    );
    for (const { path, body } of answers) assert.ok(!body.includes(MARK), path);
  });
  await t.test('the headers that we add to dead letters hold no mark', () => {
    for (const letter of delivery.deadLetters) {
      for (const [name, value] of headersOf(letter)) {
        if (name === `${MARK}-header` || name === 'tracestate') continue; // those of the request
        assert.ok(!`${name}${value}`.includes(MARK), name);
      }
    }
  });
  await t.test('results and dead letters go on in the trace of their request', () => checkTraces(delivery));
  await t.test('batches are spans with links to their messages, and hold no mark', () => {
    const spans = collector.bodies.flatMap((body) => spansOf(JSON.parse(body)));
    assert.ok(spans.length > 0);
    const operations = spans.map(({ name }) => name.split(' ')[0] as string);
    assert.deepEqual([...new Set(operations)].sort(), ['commit', 'poll', 'process', 'send', 'transaction']);
    const own = new Set(spans.map((span) => span.traceId));
    const linkedBy = (operation: string): string[] => {
      const of = spans.filter(({ name }) => name.startsWith(operation));
      const found = new Set(of.flatMap(({ links = [] }) => links.map((link) => link.traceId)));
      return [...found].filter((id) => !own.has(id)).sort();
    };
    const good = requests.flatMap((_, i) => (i % 4 === 0 ? [] : [traceId(i)]));
    assert.deepEqual(linkedBy('process'), good);
    for (const operation of ['poll', 'send'])
      assert.deepEqual(
        linkedBy(operation),
        requests.map((_, i) => traceId(i)),
      );
    assert.deepEqual(linkedBy('commit'), []); // they are those of the send beside it
    assert.ok(!collector.bodies.join('').includes(MARK));
  });
  await t.test('OpenMetrics has exemplars', () => {
    const { body = '' } = answers[1] ?? {};
    assert.match(body, /^kafka_stage_duration_seconds_bucket\{.*stage="infer".* # \{trace_id="[\da-f]{32}"/m);
    assert.match(body, /^kafka_message_processing_duration_seconds_bucket.* # \{trace_id="0{28,}/m);
  });
});

function checkTraces({ results, deadLetters }: Delivery): void {
  const sent = new Set(requests.map((_, i) => traceparent(i)));
  const found = [...results, ...deadLetters].map((record) => headerOf(record, 'traceparent') ?? '');
  assert.deepEqual(found.sort(), [...sent].sort());
}

function headersOf({ headers = [] }: ReadRecord): [string, string][] {
  return headers.flatMap((header) =>
    Object.entries(header).map(([name, value]): [string, string] => [name, `${value}`]),
  );
}

/** Every endpoint, with good and bad requests that hold the mark. */
async function ask(url: string) {
  const authorization = `Bearer ${TOKEN}`;
  const json = { authorization, 'content-type': 'application/json' };
  const post = (body: string) => ({ method: 'POST', headers: json, body });
  const asked: [path: string, init: RequestInit][] = [
    ['/metrics', { headers: { authorization } }],
    ['/metrics', { headers: { authorization, accept: 'application/openmetrics-text' } }],
    ['/api/v1/monitoring/kafka-metrics', { headers: { authorization } }],
    ['/health/details', { headers: { authorization } }],
    ['/api/v1/predict', post(`{"text":"${MARK} is fine"}`)],
    ['/api/v1/predict', post(`{"text":"${MARK}`)],
    ['/api/v1/predict', post(`{"${MARK}":1}`)],
    ['/api/v1/predict', post(`{"text":{"${MARK}":1}}`)],
    ['/metrics', { headers: { authorization: `Bearer ${MARK}` } }],
    [`/${MARK}?${MARK}=${MARK}`, { headers: { authorization } }],
  ];
  const answers: { path: string; status: number; body: string }[] = [];
  for (const [path, init] of asked) {
    const answer = await fetch(`${url}${path}`, init);
    answers.push({ path, status: answer.status, body: await answer.text() });
  }
  return answers;
}

interface Span {
  readonly name: string;
  readonly traceId: string;
  readonly links?: readonly { readonly traceId: string }[];
}

function spansOf(body: { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] }): Span[] {
  return body.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans }) => spans));
}

/** Takes what an exporter of spans sends. */
async function startCollector() {
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks).toString());
      response.end('{}');
    });
  });
  const listen = async (of: typeof server): Promise<number> => {
    await new Promise<void>((resolve) => of.listen(0, '127.0.0.1', resolve));
    return (of.address() as AddressInfo).port;
  };
  return {
    bodies,
    url: `http://127.0.0.1:${await listen(server)}/v1/traces`,
    freePort: async () => {
      const other = createServer();
      const port = await listen(other);
      await new Promise((resolve) => other.close(resolve));
      return port;
    },
    close: async () => {
      server.keepAliveTimeout = 1; // connections end as soon as what is being received has been answered
      await new Promise((resolve) => {
        server.close(resolve);
        server.closeIdleConnections();
      });
    },
  };
}
