import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ROOT_CONTEXT, SpanKind, type SpanOptions, SpanStatusCode, trace } from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BasicTracerProvider,
  InMemorySpanExporter,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';
import { spansRequest } from '../../../src/tracing/span-json.ts';

const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
const spanId = '00f067aa0ba902b7';

/** What a collector reads of spans with these options, and the request around them. */
function sent(all: readonly SpanOptions[], name = 'poll requests', message?: string) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'größe "a"' }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  for (const options of all) {
    const span = provider
      .getTracer('kubesentiment', '1.2.3')
      .startSpan(name, { startTime: [7, 8], ...options });
    if (message !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message });
    span.end([1_764_524_000, 999_999_999]);
  }
  const finished = exporter.getFinishedSpans();
  const request = JSON.parse(Buffer.from(spansRequest(finished)).toString());
  return { request, finished, spans: request.resourceSpans[0].scopeSpans[0].spans };
}

test('a span is written as OTLP wants it', () => {
  const { request, finished, spans } = sent([
    {
      kind: SpanKind.CLIENT,
      attributes: { text: 'a', whole: 20, broken: 0.5, yes: true },
      links: [
        { context: { traceId, spanId, traceFlags: 1, isRemote: true } },
        { context: { traceId: 'f'.repeat(32), spanId, traceFlags: 0 } },
      ],
    },
  ]);
  const context = finished[0]?.spanContext();
  assert.deepEqual(request.resourceSpans[0].resource, {
    attributes: [{ key: 'service.name', value: { stringValue: 'größe "a"' } }],
  });
  assert.deepEqual(request.resourceSpans[0].scopeSpans[0].scope, { name: 'kubesentiment', version: '1.2.3' });
  assert.deepEqual(spans, [
    {
      ...{ traceId: context?.traceId, spanId: context?.spanId, flags: 0x101 },
      ...{ name: 'poll requests', kind: 3 },
      ...{ startTimeUnixNano: '7000000008', endTimeUnixNano: '1764524000999999999' },
      status: { code: 0 },
      attributes: [
        { key: 'text', value: { stringValue: 'a' } },
        { key: 'whole', value: { intValue: 20 } },
        { key: 'broken', value: { doubleValue: 0.5 } },
        { key: 'yes', value: { boolValue: true } },
      ],
      links: [
        { traceId, spanId, flags: 0x301 },
        { traceId: 'f'.repeat(32), spanId, flags: 0x100 },
      ],
    },
  ]);
});

test('the parent and the reason of a failure are in it', () => {
  const { spans } = sent([{}], 'send', 'KS_KAFKA_ABORTABLE');
  assert.deepEqual(spans[0].status, { code: 2, message: 'KS_KAFKA_ABORTABLE' });
  assert.equal('parentSpanId' in spans[0], false);
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(exporter)] });
  const tracer = provider.getTracer('kubesentiment');
  const parent = tracer.startSpan('transaction');
  tracer.startSpan('send', {}, trace.setSpan(ROOT_CONTEXT, parent)).end();
  const body = JSON.parse(Buffer.from(spansRequest(exporter.getFinishedSpans())).toString());
  assert.equal(body.resourceSpans[0].scopeSpans[0].spans[0].parentSpanId, parent.spanContext().spanId);
});

test('many spans with all their links, and names that need escaping', () => {
  const links = Array.from({ length: 128 }, (_, i) => ({
    context: { traceId: (i + 1).toString(16).padStart(32, '0'), spanId, traceFlags: 255, isRemote: true },
  }));
  const name = 'poll "größe"\\\n\u{1f600}\ud800';
  const { spans } = sent(
    Array.from({ length: 128 }, () => ({ links, attributes: { [name]: name } })),
    name,
  );
  assert.equal(spans.length, 128);
  for (const span of spans) {
    assert.equal(span.name, name);
    assert.deepEqual(span.attributes, [{ key: name, value: { stringValue: name } }]);
    assert.deepEqual(
      span.links.map((link: { traceId: string }) => link.traceId),
      links.map(({ context }) => context.traceId),
    );
  }
});

test('a second that rounding has filled is the next one', () => {
  const { spans } = sent([{ startTime: [7, 1_000_000_000] }]);
  assert.equal(spans[0].startTimeUnixNano, '8000000000');
});
