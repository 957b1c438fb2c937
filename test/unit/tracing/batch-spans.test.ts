import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import {
  AlwaysOffSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { KubesentimentError } from '../../../src/errors.ts';
import { SlotTable } from '../../../src/slots.ts';
import { BatchSpans } from '../../../src/tracing/batch-spans.ts';

const span = '00f067aa0ba902b7';
const traceOf = (i: number): string => (i + 1).toString(16).padStart(32, '0');

function setUp(messages: number, sampler?: Sampler) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    spanProcessors: [new SimpleSpanProcessor(exporter)],
    ...(sampler ? { sampler } : {}),
  });
  const table = new SlotTable(messages);
  const slots = Int32Array.from({ length: messages }, (_, offset) => {
    const headers =
      offset % 2 === 1 ? [] : [{ traceparent: Buffer.from(`00-${traceOf(offset)}-${span}-01`) }];
    return table.take(
      { topic: 'requests', partition: 0, offset, value: null, key: 'SECRET', size: 0, headers },
      0,
    );
  });
  const ended: string[] = [];
  const spans = new BatchSpans({
    tracer: provider.getTracer('test'),
    isSampled: () => true,
    table,
    surroundings: { consumerGroup: 'group', server: { address: 'broker', port: 9092 } },
    pollAt: (takenAt) => (takenAt === 0 ? poll : undefined),
    onEnd: (_, { traceId }) => ended.push(traceId),
  });
  return {
    exporter,
    ended,
    spans,
    table,
    slots,
    start: () => spans.start({ slots, count: messages, width: 12 }),
  };
}

const poll = { traceId: 'f'.repeat(32), spanId: span, traceFlags: 1 };

test('one span for a batch, with links to its polls and to the trace of each message that has one', () => {
  const { exporter, ended, start } = setUp(5);
  start()();
  const [found, ...others] = exporter.getFinishedSpans();
  assert.equal(others.length, 0);
  assert.equal(found?.name, 'process requests');
  assert.equal(found?.kind, SpanKind.CONSUMER);
  assert.equal(found?.parentSpanContext, undefined);
  assert.deepEqual(
    found?.links.map(({ context }) => context.traceId),
    [poll.traceId, traceOf(0), traceOf(2), traceOf(4)],
  );
  assert.deepEqual(found?.attributes, {
    'messaging.system': 'kafka',
    'messaging.operation.name': 'process',
    'messaging.operation.type': 'process',
    'messaging.destination.name': 'requests',
    'messaging.consumer.group.name': 'group',
    'messaging.batch.message_count': 5,
    'kubesentiment.batch.width_tokens': 12,
  });
  assert.equal(found?.status.code, SpanStatusCode.UNSET);
  assert.deepEqual(ended, [found?.spanContext().traceId]);
});

test('a failed batch says the code, and nothing of the cause', () => {
  const { exporter, start } = setUp(1);
  start()(new KubesentimentError('KS_INFERENCE_TIMEOUT', 'SECRET'));
  start()(new TypeError('SECRET'));
  const [first, second] = exporter.getFinishedSpans();
  assert.equal(first?.attributes['error.type'], 'KS_INFERENCE_TIMEOUT');
  assert.equal(second?.attributes['error.type'], 'KS_INTERNAL');
  assert.equal(first?.status.code, SpanStatusCode.ERROR);
  const { status, attributes, events, name } = { ...first } as never;
  assert.doesNotMatch(JSON.stringify({ status, attributes, events, name }), /SECRET/);
});

test('at most 128 links, and no exemplar of a span that is not sampled', () => {
  const many = setUp(1_000);
  many.start()();
  assert.equal(many.exporter.getFinishedSpans()[0]?.links.length, 128);
  const off = setUp(2, new AlwaysOffSampler());
  off.start()();
  assert.deepEqual(off.ended, []);
});

test('a message knows the last batch that it was in; its successor in the slot does not', () => {
  const { spans, table, slots, start, exporter } = setUp(2);
  const [slot] = slots as unknown as [number];
  assert.equal(spans.of(slot), undefined);
  start()();
  assert.equal(spans.of(slot)?.spanId, exporter.getFinishedSpans()[0]?.spanContext().spanId);
  const message = table.message[slot];
  for (const each of slots) {
    table.reject(each, 'internal');
    table.release(each);
  }
  const next = table.take(message as never, performance.now() + 1);
  assert.ok(slots.includes(next));
  assert.equal(spans.of(next), undefined);
});
