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
  readonly #messages = new Map<string, Link>();

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
    if (context !== undefined) this.#messages.set(`${context.traceId}${context.spanId}`, { context });
    return this.#messages.size < LINKS_MAX;
  }

  /** Those to spans of ours first. */
  get all(): Link[] {
    const own = Array.from(this.#own, (context) => ({ context }));
    return [...own, ...this.#messages.values()].slice(0, LINKS_MAX);
  }
}
