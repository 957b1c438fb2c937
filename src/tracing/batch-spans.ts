import { type SpanContext, SpanKind } from '@opentelemetry/api';
import type { SlotTable } from '../slots.ts';
import type { SourceMessage } from '../types.ts';
import { Links } from './links.ts';
import { attributesOf, markFailed, nameOf, names, type SpanParts } from './names.ts';
import { commonTopic, hasSampledFlag } from './poll-spans.ts';

export interface BatchSpansOptions extends SpanParts {
  readonly table: SlotTable;
  /** The span of the poll that brought what was taken at this time. */
  readonly pollAt: (takenAt: number) => SpanContext | undefined;
  /** For an exemplar. */
  readonly onEnd: (durationMs: number, context: SpanContext) => void;
}

/** What is traced about a batch: the rows (see `SlotTable`) `slots[0…count-1]`, padded to `width` tokens. */
interface Batch {
  readonly slots: Int32Array;
  readonly count: number;
  readonly width: number;
}

interface Processed {
  readonly context: SpanContext;
  readonly startedAt: number;
}

/**
 * One span per batch in the model, linked to the traces of its messages and to the polls that brought them: a batch has
 * many parents, or none.
 */
export class BatchSpans {
  readonly #options: BatchSpansOptions;
  /** By slot: the last sampled batch that a message was in. It may have been another message. */
  readonly #processed: (Processed | undefined)[];

  constructor(options: BatchSpansOptions) {
    this.#options = options;
    this.#processed = Array.from({ length: options.table.capacity });
  }

  /** Starts the span and returns the function that ends it. */
  start(batch: Batch): (error?: unknown) => void {
    const { tracer, isSampled, surroundings, onEnd } = this.#options;
    if (!isSampled()) return () => undefined;
    const { consumerGroup } = surroundings;
    const startedAt = performance.now();
    const messages = this.#messages(batch);
    const topic = commonTopic(messages);
    const span = tracer.startSpan(nameOf('process', topic), {
      kind: SpanKind.CONSUMER,
      root: true,
      links: this.#links(batch, messages),
      attributes: {
        ...attributesOf('process', topic, { consumerGroup }),
        [names.messages]: batch.count,
        'kubesentiment.batch.width_tokens': batch.width,
      },
    });
    const context = span.spanContext();
    if (hasSampledFlag(context)) this.#remember(batch, { context, startedAt });
    return (error) => {
      if (error !== undefined) markFailed(span, error);
      span.end();
      if (hasSampledFlag(context)) onEnd(performance.now() - startedAt, context);
    };
  }

  /** The span of the last batch that the message in this slot was in. */
  of(slot: number): SpanContext | undefined {
    const processed = this.#processed[slot];
    const takenAt = this.#options.table.takenAt[slot] as number;
    return processed !== undefined && processed.startedAt >= takenAt ? processed.context : undefined;
  }

  #messages({ slots, count }: Batch): SourceMessage[] {
    const { table } = this.#options;
    const messages: SourceMessage[] = [];
    for (let i = 0; i < count; i++)
      messages.push(table.message[table.slotOf(slots[i] as number)] as SourceMessage);
    return messages;
  }

  #links({ slots, count }: Batch, messages: readonly SourceMessage[]) {
    const { table, pollAt } = this.#options;
    const links = new Links();
    let last = Number.NaN;
    for (let i = 0; i < count; i++) {
      const takenAt = table.takenAt[table.slotOf(slots[i] as number)] as number;
      if (takenAt !== last) links.addOwn(pollAt(takenAt));
      last = takenAt;
      if (!links.addMessage(messages[i] as SourceMessage)) break;
    }
    return links.all;
  }

  #remember({ slots, count }: Batch, processed: Processed): void {
    const { table } = this.#options;
    for (let i = 0; i < count; i++) this.#processed[table.slotOf(slots[i] as number)] = processed;
  }
}
