/** Spans of the whole pipeline: which there are, and how those of one transaction hang together. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { AlwaysOffSampler, type ReadableSpan } from '@opentelemetry/sdk-trace-base';
import type { SlotTable } from '../../src/slots.ts';
import { createSpans } from '../../src/tracing/spans.ts';
import { idOf, linkedBy, spanMemory, traceOf, tracesLinkedBy } from '../helpers/spans.ts';
import type { FakeBroker } from './fake-broker.ts';
import type { ProducerCall } from './fake-producer.ts';
import { createBroker, faultsOf, Member, type MemberOptions, textOf, topics, until } from './rig.ts';

const REQUESTS = 60;
const traceOfRequest = (i: number): string => (i + 1).toString(16).padStart(32, '0');

/** `traceparent` undefined: each request has a trace of its own. */
function send(broker: FakeBroker, traceparent?: string | Buffer): void {
  for (let i = 0; i < REQUESTS; i++) {
    broker.request(topics.requests, {
      partition: i % broker.partitions(topics.requests).length,
      value: Buffer.from(JSON.stringify({ text: textOf(i) })),
      headers: [{ traceparent: traceparent ?? `00-${traceOfRequest(i)}-00f067aa0ba902b7-01` }],
    });
  }
}

function tracerOf(tracer: Tracer, onFault: (error: unknown) => void, isSampled = () => true) {
  return (table: SlotTable) =>
    createSpans({
      ...{ tracer, isSampled, table, onFault },
      surroundings: { consumerGroup: 'group', server: { address: 'broker', port: 9092 } },
      requestsTopic: topics.requests,
      resultsTopic: topics.results,
      onStage: () => undefined,
      onTransaction: () => undefined,
    });
}

/** All requests answered, with these options. */
async function run(
  options: MemberOptions = {},
  memory = spanMemory(),
  traceparent?: string | Buffer,
  isSampled?: () => boolean,
): Promise<typeof memory> {
  const delivery = options.settings?.['kafka.delivery'] ?? 'exactly_once';
  const broker = createBroker(2, delivery === 'exactly_once');
  send(broker, traceparent);
  const faults: unknown[] = [];
  const tracer = tracerOf(memory.tracer, (error) => faults.push(error), isSampled);
  const member = new Member(broker, { ...options, tracer }).start();
  await until('every request is answered', () => broker.audit.answered === REQUESTS);
  await member.stop();
  assert.deepEqual([...member.fatal, ...faults, ...faultsOf(broker)], []);
  return memory;
}

const sum = (spans: readonly ReadableSpan[]): number =>
  spans.reduce((total, { attributes }) => total + Number(attributes['messaging.batch.message_count']), 0);
const childrenOf = (spans: readonly ReadableSpan[], parent: ReadableSpan): ReadableSpan[] =>
  spans.filter(({ parentSpanContext }) => parentSpanContext?.spanId === idOf(parent));

for (const delivery of ['exactly_once', 'at_least_once']) {
  test(`a message can be followed from its poll to its commit: ${delivery}`, async () => {
    const { spans } = await run({ settings: { 'kafka.delivery': delivery } });
    const [polls, batches, transactions] = [spans('poll'), spans('process'), spans('transaction')];
    assert.deepEqual(
      [sum(polls), sum(batches), sum(transactions), sum(spans('send')), sum(spans('commit'))],
      [REQUESTS, REQUESTS, REQUESTS, REQUESTS, REQUESTS],
    );
    for (const { links, parentSpanContext } of [...polls, ...batches]) {
      assert.ok(links.length > 0);
      assert.equal(parentSpanContext, undefined);
    }
    const known = new Set(polls.map(idOf));
    for (const batch of batches)
      assert.ok(
        linkedBy(batch).some((id) => known.has(id)),
        'to a poll',
      );
    const processed = new Set(batches.map(idOf));
    const requests = new Set<string>();
    for (const transaction of transactions) {
      assert.equal(transaction.kind, SpanKind.INTERNAL);
      assert.equal(transaction.status.code, SpanStatusCode.UNSET);
      const [sent, ...others] = childrenOf(spans('send'), transaction);
      const [committed] = childrenOf(spans('commit'), transaction);
      assert.equal(others.length, 0);
      assert.deepEqual([traceOf(sent), traceOf(committed)], [traceOf(transaction), traceOf(transaction)]);
      assert.deepEqual(linkedBy(committed), [], 'what it would link to, its sibling does');
      assert.ok(linkedBy(sent).some((id) => processed.has(id)));
      for (const id of tracesLinkedBy(sent)) requests.add(id);
    }
    for (let i = 0; i < REQUESTS; i++) assert.ok(requests.has(traceOfRequest(i)), `request ${i}`);
  });
}

test('names, kinds and attributes are those of the conventions for messaging', async () => {
  const { spans } = await run();
  const of = (operation: string) => {
    const [span] = spans(operation);
    const { 'messaging.batch.message_count': count, ...attributes } = span?.attributes ?? {};
    assert.ok(Number(count) > 0);
    return { name: span?.name, kind: span?.kind, attributes };
  };
  const place = { 'server.address': 'broker', 'server.port': 9092 };
  const operation = (name: string, type: string) => ({
    ...{ 'messaging.system': 'kafka', 'messaging.operation.name': name, 'messaging.operation.type': type },
  });
  const ofGroup = { 'messaging.destination.name': 'requests', 'messaging.consumer.group.name': 'group' };
  assert.deepEqual(of('poll'), {
    ...{ name: 'poll requests', kind: SpanKind.CLIENT },
    attributes: { ...operation('poll', 'receive'), ...ofGroup, ...place },
  });
  assert.deepEqual(of('send'), {
    ...{ name: 'send results', kind: SpanKind.CLIENT },
    attributes: { ...operation('send', 'send'), 'messaging.destination.name': 'results', ...place },
  });
  assert.deepEqual(of('commit'), {
    ...{ name: 'commit requests', kind: SpanKind.CLIENT },
    attributes: { ...operation('commit', 'settle'), ...ofGroup, ...place },
  });
  assert.equal(spans('process')[0]?.kind, SpanKind.CONSUMER);
});

for (const failing of ['begin', 'produce', 'sendOffsets', 'commit'] as const) {
  test(`a transaction that is aborted in ${failing} is an error, and the one after it leads there`, async () => {
    let left = 2;
    const { spans } = await run({
      faults: (call: ProducerCall) => (call === failing && left-- > 0 ? 'abort' : 'none'),
    });
    const [first, second, third] = spans('transaction');
    for (const [i, span] of [first, second, third].entries()) {
      assert.equal(span?.attributes['kubesentiment.transaction.attempt'], i + 1);
      assert.equal(span?.status.code, i < 2 ? SpanStatusCode.ERROR : SpanStatusCode.UNSET);
      assert.equal(span?.attributes['error.type'], i < 2 ? 'KS_KAFKA_ABORTABLE' : undefined);
    }
    assert.deepEqual(
      [linkedBy(first), linkedBy(second), linkedBy(third)],
      [[], [idOf(first)], [idOf(second)]],
    );
    const children = [...spans('send'), ...spans('commit')];
    const errors = childrenOf(children, first as ReadableSpan).map(({ name, status }) => [
      name.split(' ')[0],
      status.code === SpanStatusCode.ERROR,
    ]);
    const expected = {
      begin: [],
      produce: [['send', true]],
      sendOffsets: [
        ['send', false],
        ['commit', true],
      ],
      commit: [
        ['send', false],
        ['commit', true],
      ],
    };
    assert.deepEqual(errors, expected[failing]);
    const [later] = spans('transaction').slice(3);
    if (later !== undefined) assert.deepEqual(linkedBy(later), [], 'it sends other messages');
  });
}

test('a commit whose answer was lost is an error, and its transaction is none', async () => {
  let left = 1;
  const { spans } = await run({ faults: (call) => (call === 'commit' && left-- > 0 ? 'unheard' : 'none') });
  const [transaction] = spans('transaction');
  assert.equal(transaction?.status.code, SpanStatusCode.UNSET);
  assert.equal(transaction?.attributes['kubesentiment.transaction.answer_lost'], true);
  const [commit] = childrenOf(spans('commit'), transaction as ReadableSpan);
  assert.equal(commit?.attributes['error.type'], 'KS_PRODUCER_EXPIRED');
});

test('what is not sampled has no spans, nor has anything below it', async () => {
  const { exporter } = await run({}, spanMemory(new AlwaysOffSampler()));
  assert.deepEqual(exporter.getFinishedSpans(), []);
});

test('a transaction is sampled as a whole, and the attempts after it are counted all the same', async () => {
  let asked = 0;
  let left = 1;
  const { spans } = await run(
    { faults: (call) => (call === 'commit' && left-- > 0 ? 'abort' : 'none') },
    spanMemory(),
    undefined,
    () => asked++ % 2 === 0,
  );
  for (const transaction of spans('transaction')) {
    assert.equal(childrenOf(spans('send'), transaction).length, 1);
    assert.equal(childrenOf(spans('commit'), transaction).length, 1);
  }
  assert.equal(spans('send').length, spans('transaction').length);
  const known = new Set(spans('transaction').map(idOf));
  for (const transaction of spans('transaction'))
    for (const id of linkedBy(transaction)) assert.ok(known.has(id));
  assert.deepEqual((await run({}, spanMemory(), undefined, () => false)).exporter.getFinishedSpans(), []);
});

test('hostile trace contexts reach nothing', async () => {
  for (const value of [
    '00-'.padEnd(400, 'f'),
    Buffer.from([0xff, 0, 0xfe]),
    `00-${'0'.repeat(32)}-${'0'.repeat(16)}-01`,
  ]) {
    const { spans } = await run({}, spanMemory(), value);
    const own = new Set([...spans('poll'), ...spans('process')].map(traceOf));
    for (const span of [...spans('process'), ...spans('send')])
      for (const id of tracesLinkedBy(span)) assert.ok(own.has(id), id);
  }
});

test('all requests of one trace are one link', async () => {
  const { spans } = await run({}, spanMemory(), `00-${'a'.repeat(32)}-00f067aa0ba902b7-01`);
  for (const span of spans('poll')) assert.deepEqual(tracesLinkedBy(span), ['a'.repeat(32)]);
});

test('a tracer that fails at every call changes nothing', async () => {
  const broker = createBroker(2);
  send(broker);
  const broken = {
    startSpan: () => {
      throw new Error('The tracer is broken.');
    },
  } as unknown as Tracer;
  let faults = 0;
  const member = new Member(broker, { tracer: tracerOf(broken, () => faults++) }).start();
  await until('every request is answered', () => broker.audit.answered === REQUESTS);
  await member.stop();
  assert.deepEqual([...member.fatal, ...faultsOf(broker)], []);
  assert.ok(faults > 0);
});
