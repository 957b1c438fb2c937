import { type SpanContext, SpanKind } from '@opentelemetry/api';
import type { SourceMessage } from '../types.ts';
import { Links } from './links.ts';
import { attributesOf, nameOf, names, type SpanParts } from './names.ts';

export interface PollSpansOptions extends SpanParts {
  /** For an exemplar: how long a poll took that is measured. */
  readonly onEnd: (durationMs: number, context: SpanContext) => void;
}

/** Polls that are remembered, so that what becomes of their messages can be linked to them. */
const REMEMBERED = 256;

/** One span per poll that brought messages, linked to the traces of its messages. */
export class PollSpans {
  readonly #options: PollSpansOptions;
  readonly #endedAt = new Float64Array(REMEMBERED).fill(Number.POSITIVE_INFINITY);
  readonly #contexts: (SpanContext | undefined)[] = Array.from({ length: REMEMBERED });
  #polls = 0;

  constructor(options: PollSpansOptions) {
    this.#options = options;
  }

  /** What a poll has brought that began at `startedAt`. Call before its messages are taken, in the same turn. */
  note(messages: readonly SourceMessage[], startedAt: number, isMeasured: boolean): void {
    const { tracer, isSampled, surroundings, onEnd } = this.#options;
    const endedAt = performance.now();
    if (!isSampled()) {
      this.#remember(endedAt, undefined);
      return;
    }
    const links = new Links();
    for (const message of messages) if (!links.addMessage(message)) break;
    const topic = commonTopic(messages);
    const span = tracer.startSpan(nameOf('poll', topic), {
      kind: SpanKind.CLIENT,
      root: true,
      startTime: startedAt,
      links: links.all,
      attributes: { ...attributesOf('poll', topic, surroundings), [names.messages]: messages.length },
    });
    span.end(endedAt);
    const context = hasSampledFlag(span.spanContext()) ? span.spanContext() : undefined;
    this.#remember(endedAt, context);
    if (context !== undefined && isMeasured) onEnd(endedAt - startedAt, context);
  }

  /** The span of the poll whose messages were taken at this time: the last one that had ended by then. */
  takenAt(takenAt: number): SpanContext | undefined {
    for (let back = 1; back <= REMEMBERED; back++) {
      const place = (this.#polls + REMEMBERED - back) % REMEMBERED;
      if ((this.#endedAt[place] as number) <= takenAt) return this.#contexts[place];
    }
    return undefined;
  }

  /** Those without a span too, or their messages would be taken for those of the poll before. */
  #remember(endedAt: number, context: SpanContext | undefined): void {
    this.#endedAt[this.#polls] = endedAt;
    this.#contexts[this.#polls] = context;
    this.#polls = (this.#polls + 1) % REMEMBERED;
  }
}

export function hasSampledFlag({ traceFlags }: SpanContext): boolean {
  return (traceFlags & 1) === 1;
}

/** Undefined if they are of several topics. */
export function commonTopic(messages: readonly SourceMessage[]): string | undefined {
  const topic = messages[0]?.topic;
  return messages.every((message) => message.topic === topic) ? topic : undefined;
}
