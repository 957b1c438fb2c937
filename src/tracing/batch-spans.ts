import { type Link, type SpanContext, SpanKind, SpanStatusCode, type Tracer } from '@opentelemetry/api';
import { KubesentimentError } from '../errors.ts';
import type { SlotTable } from '../slots.ts';
import type { SourceMessage } from '../types.ts';
import { traceContextOf } from './trace-context.ts';

/** OpenTelemetry's default limit for the links of a span. */
const LINKS_MAX = 128;

/** Names from the semantic conventions for messaging, which are still evolving, so they appear only here. */
const names = {
  system: 'messaging.system',
  operation: 'messaging.operation.name',
  operationType: 'messaging.operation.type',
  destination: 'messaging.destination.name',
  group: 'messaging.consumer.group.name',
  messages: 'messaging.batch.message_count',
  error: 'error.type',
} as const;

export interface BatchSpansOptions {
  readonly tracer: Tracer;
  readonly table: SlotTable;
  readonly topic: string;
  readonly consumerGroup: string;
  readonly onEnd: (durationMs: number, context: SpanContext) => void;
}

/** What is traced about a batch: the rows (see `SlotTable`) `slots[0…count-1]`, padded to `width` tokens. */
interface Batch {
  readonly slots: Int32Array;
  readonly count: number;
  readonly width: number;
}

/** One span per batch in the model, linked to the traces of its messages: a batch has many parents, or none. */
export class BatchSpans {
  readonly #options: BatchSpansOptions;

  constructor(options: BatchSpansOptions) {
    this.#options = options;
  }

  /** Starts the span and returns the function that ends it. */
  start(batch: Batch): (error?: unknown) => void {
    const { tracer, topic, consumerGroup, onEnd } = this.#options;
    const startedAt = performance.now();
    const span = tracer.startSpan(`process ${topic}`, {
      kind: SpanKind.CONSUMER,
      root: true,
      links: this.#links(batch),
      attributes: {
        [names.system]: 'kafka',
        [names.operation]: 'process',
        [names.operationType]: 'process',
        [names.destination]: topic,
        [names.group]: consumerGroup,
        [names.messages]: batch.count,
        'kubesentiment.batch.width_tokens': batch.width,
      },
    });
    return (error) => {
      if (error !== undefined) {
        const code = error instanceof KubesentimentError ? error.code : 'KS_INTERNAL';
        span.setAttribute(names.error, code);
        span.setStatus({ code: SpanStatusCode.ERROR, message: code });
      }
      span.end();
      if (span.isRecording() || (span.spanContext().traceFlags & 1) === 1)
        onEnd(performance.now() - startedAt, span.spanContext());
    };
  }

  #links({ slots, count }: Batch): Link[] {
    const links = new Map<string, Link>();
    for (let i = 0; i < count && links.size < LINKS_MAX; i++) {
      const { table } = this.#options;
      const message = table.message[table.slotOf(slots[i] as number)] as SourceMessage;
      const context = traceContextOf(message.headers);
      if (context !== undefined) links.set(`${context.traceId}${context.spanId}`, { context });
    }
    return [...links.values()];
  }
}
