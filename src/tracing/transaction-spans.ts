import {
  type Context,
  INVALID_SPAN_CONTEXT,
  type Link,
  ROOT_CONTEXT,
  type Span,
  type SpanContext,
  SpanKind,
  trace,
} from '@opentelemetry/api';
import type { SlotTable } from '../slots.ts';
import type { SourceMessage } from '../types.ts';
import { Links } from './links.ts';
import { attributesOf, markFailed, nameOf, names, type Operation, type SpanParts } from './names.ts';

export interface TransactionSpansOptions extends SpanParts {
  readonly table: SlotTable;
  /** The topic whose offsets are committed; undefined if there can be several. */
  readonly requestsTopic: string | undefined;
  /** The topic that results are written to; undefined if there can be several. */
  readonly resultsTopic: string | undefined;
  /** The span of the last batch that the message in a slot was in. */
  readonly batchOf: (slot: number) => SpanContext | undefined;
  /** For exemplars; `whole`: the transaction from begin to commit. */
  readonly onEnd: (part: 'send' | 'whole', durationMs: number, context: SpanContext) => void;
}

/**
 * One span for each transaction, and below it one for its records and one for its commit. That of the records is linked
 * to the traces of the messages and to the batches in which they were classified; that of the commit, beside it, would
 * have the same links. A transaction that was aborted has the status of an error, and the next one, which sends the
 * same messages again, is linked to it. The span of the transaction is sampled or not, and the others with it.
 */
export class TransactionSpans {
  readonly #options: TransactionSpansOptions;
  #attempt = 1;
  /** The attempt before, if it was aborted. */
  #aborted: SpanContext | undefined;

  constructor(options: TransactionSpansOptions) {
    this.#options = options;
  }

  begin(): TransactionTrace {
    return new TransactionTrace(this.#options, this.#attempt, this.#aborted, (isThrough, context) => {
      this.#attempt = isThrough ? 1 : this.#attempt + 1;
      this.#aborted = isThrough ? undefined : context;
    });
  }
}

class TransactionTrace {
  readonly #options: TransactionSpansOptions;
  readonly #span: Span;
  readonly #context: Context;
  readonly #onEnd: (isThrough: boolean, context: SpanContext | undefined) => void;
  readonly #startedAt = performance.now();
  #sendStartedAt: number | undefined;
  #commit: Span | undefined;
  #error: unknown;

  constructor(
    options: TransactionSpansOptions,
    attempt: number,
    aborted: SpanContext | undefined,
    onEnd: (isThrough: boolean, context: SpanContext | undefined) => void,
  ) {
    this.#options = options;
    this.#onEnd = onEnd;
    this.#span = options.isSampled()
      ? startTransaction(options, attempt, aborted)
      : trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
    this.#context = trace.setSpan(ROOT_CONTEXT, this.#span);
  }

  begun(): void {
    this.#sendStartedAt = performance.now();
  }

  sent(slots: Int32Array, records: number): void {
    const now = performance.now();
    const startedAt = this.#sendStartedAt ?? now;
    this.#sendStartedAt = undefined;
    if (!this.#span.isRecording()) return;
    const { requestsTopic, onEnd } = this.#options;
    this.#span.setAttribute(names.messages, slots.length);
    const send = this.#startSend(slots, records, startedAt);
    send.end(now);
    onEnd('send', now - startedAt, send.spanContext());
    this.#commit = this.#start('commit', requestsTopic, { messages: slots.length, startedAt: now });
  }

  failed(slots: Int32Array, error: unknown): void {
    this.#error = error ?? new Error('unknown');
    if (!this.#span.isRecording()) return;
    if (this.#commit !== undefined) {
      markFailed(this.#commit, error);
      this.#endCommit();
    } else if (this.#sendStartedAt !== undefined) {
      this.#span.setAttribute(names.messages, slots.length);
      const send = this.#startSend(slots, slots.length, this.#sendStartedAt);
      markFailed(send, error);
      send.end(performance.now());
    }
  }

  end(isThrough: boolean): void {
    this.#endCommit();
    if (this.#error !== undefined) {
      if (isThrough) this.#span.setAttribute('kubesentiment.transaction.answer_lost', true);
      else markFailed(this.#span, this.#error);
    }
    const isRecorded = this.#span.isRecording();
    const context = this.#span.spanContext();
    this.#span.end();
    this.#onEnd(isThrough, isRecorded ? context : undefined);
    if (isThrough && isRecorded) this.#options.onEnd('whole', performance.now() - this.#startedAt, context);
  }

  #endCommit(): void {
    this.#commit?.end(performance.now());
    this.#commit = undefined;
  }

  /** Results go to their topic, unless some are routed elsewhere or have failed. */
  #startSend(slots: Int32Array, records: number, startedAt: number): Span {
    const { table, resultsTopic } = this.#options;
    const topic = slots.some((slot) => table.isDeadLetter(slot)) ? undefined : resultsTopic;
    return this.#start('send', topic, { messages: records, links: this.#links(slots), startedAt });
  }

  #start(
    operation: Operation,
    destination: string | undefined,
    { messages, links = [], startedAt }: { messages: number; links?: Link[]; startedAt: number },
  ): Span {
    const { tracer, surroundings } = this.#options;
    // The group has no part in what is sent.
    const { consumerGroup, server } = surroundings;
    const around = operation === 'send' ? { server } : { consumerGroup, server };
    return tracer.startSpan(
      nameOf(operation, destination),
      {
        // The records carry the context of their request, not that of this span.
        kind: SpanKind.CLIENT,
        startTime: startedAt,
        links,
        attributes: { ...attributesOf(operation, destination, around), [names.messages]: messages },
      },
      this.#context,
    );
  }

  #links(slots: Int32Array): Link[] {
    const { table, batchOf } = this.#options;
    const links = new Links();
    let hasRoom = true;
    for (const slot of slots) {
      links.addOwn(batchOf(slot));
      if (hasRoom) hasRoom = links.addMessage(table.message[slot] as SourceMessage);
      if (!hasRoom && links.ownIsFull) break;
    }
    return links.all;
  }
}

function startTransaction(
  { tracer, surroundings: { consumerGroup } }: TransactionSpansOptions,
  attempt: number,
  aborted: SpanContext | undefined,
): Span {
  return tracer.startSpan(`transaction ${consumerGroup}`, {
    kind: SpanKind.INTERNAL,
    root: true,
    links: aborted === undefined ? [] : [{ context: aborted }],
    attributes: {
      [names.system]: 'kafka',
      [names.group]: consumerGroup,
      'kubesentiment.transaction.attempt': attempt,
    },
  });
}
