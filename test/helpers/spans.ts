/** Spans kept in memory, and what a test wants to know of them. */
import type { Link, Tracer } from '@opentelemetry/api';
import {
  AlwaysOnSampler,
  BasicTracerProvider,
  InMemorySpanExporter,
  ParentBasedSampler,
  type ReadableSpan,
  type Sampler,
  SimpleSpanProcessor,
} from '@opentelemetry/sdk-trace-base';

export function spanMemory(root: Sampler = new AlwaysOnSampler()) {
  const exporter = new InMemorySpanExporter();
  const provider = new BasicTracerProvider({
    sampler: new ParentBasedSampler({ root }),
    spanProcessors: [new SimpleSpanProcessor(exporter)],
  });
  const tracer: Tracer = provider.getTracer('test');
  const spans = (operation: string): ReadableSpan[] =>
    exporter.getFinishedSpans().filter(({ name }) => name.split(' ')[0] === operation);
  return { tracer, exporter, spans };
}

export function idOf(span: ReadableSpan | undefined): string {
  return span?.spanContext().spanId ?? '';
}

export function traceOf(span: ReadableSpan | undefined): string {
  return span?.spanContext().traceId ?? '';
}

/** The spans that links lead to. */
export function linkedBy(span: ReadableSpan | undefined): string[] {
  return (span?.links ?? []).map(({ context }: Link) => context.spanId);
}

/** The traces that links lead to. */
export function tracesLinkedBy(span: ReadableSpan | undefined): string[] {
  return (span?.links ?? []).map(({ context }: Link) => context.traceId);
}
