import type { Link, SpanContext } from '@opentelemetry/api';
import type { SourceMessage } from '../types.ts';
import { traceContextOf } from './trace-context.ts';

/** OpenTelemetry's default limit for the links of a span. */
const LINKS_MAX = 128;
/** As many of them may lead to spans of ours, the others lead to the traces of messages. */
const OWN_MAX = 32;

/** The links of one span, each context once. */
export class Links {
  readonly #own = new Set<SpanContext>();
  /** By trace; further spans of the same trace by both ids. */
  readonly #messages = new Map<string, SpanContext>();

  /** To a span of ours. */
  addOwn(context: SpanContext | undefined): void {
    if (context !== undefined && this.#own.size < OWN_MAX) this.#own.add(context);
  }

  get ownIsFull(): boolean {
    return this.#own.size >= OWN_MAX;
  }

  /** To the trace of a message, if it has one. False when there is room for no more. */
  addMessage({ headers }: SourceMessage): boolean {
    const context = traceContextOf(headers);
    if (context === undefined) return true;
    const { traceId, spanId } = context;
    const known = this.#messages.get(traceId);
    if (known === undefined) this.#messages.set(traceId, context);
    else if (known.spanId !== spanId) this.#messages.set(`${traceId}${spanId}`, context);
    return this.#messages.size < LINKS_MAX;
  }

  /** Those to spans of ours first. */
  get all(): Link[] {
    const all: Link[] = [];
    for (const context of this.#own) all.push({ context });
    for (const context of this.#messages.values()) {
      if (all.length === LINKS_MAX) break;
      all.push({ context });
    }
    return all;
  }
}
