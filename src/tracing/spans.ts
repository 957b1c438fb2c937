import type { SpanContext } from '@opentelemetry/api';
import { BatchSpans } from './batch-spans.ts';
import { guarded } from './guarded.ts';
import { PollSpans } from './poll-spans.ts';
import { TransactionSpans, type TransactionSpansOptions } from './transaction-spans.ts';

export interface SpansOptions extends Omit<TransactionSpansOptions, 'batchOf' | 'onEnd'> {
  /** For exemplars: how long a stage took in the span with this context. */
  readonly onStage: (stage: 'consume' | 'infer' | 'publish' | 'commit', ms: number, of: SpanContext) => void;
  readonly onTransaction: (ms: number, of: SpanContext) => void;
  /** Something here has failed, which nobody else notices. */
  readonly onFault: (error: unknown) => void;
}

/** What the pipeline calls, for all the spans there are. None of it throws. */
export function createSpans(options: SpansOptions) {
  const { tracer, isSampled, table, surroundings, onStage, onTransaction, onFault } = options;
  const polls = new PollSpans({
    ...{ tracer, isSampled, surroundings },
    onEnd: (ms, context) => onStage('consume', ms, context),
  });
  const batches = new BatchSpans({
    ...{ tracer, isSampled, table, surroundings },
    pollAt: (takenAt) => polls.takenAt(takenAt),
    onEnd: (ms, context) => onStage('infer', ms, context),
  });
  const transactions = new TransactionSpans({
    ...options,
    batchOf: (slot) => batches.of(slot),
    onEnd: (part, ms, context) => {
      if (part === 'send') onStage('publish', ms, context);
      else {
        onStage('commit', ms, context);
        onTransaction(ms, context);
      }
    },
  });
  const nothing = (): void => undefined;
  const start = guarded(batches.start.bind(batches), onFault);
  const begin = guarded(() => transactions.begin(), onFault);
  return {
    onPoll: guarded(polls.note.bind(polls), onFault),
    onBatch: (...[batch]: Parameters<BatchSpans['start']>) => {
      const end = start(batch);
      return end === undefined ? nothing : guarded(end, onFault);
    },
    onCycle: () => {
      const trace = begin();
      return (
        trace && {
          begun: guarded(trace.begun.bind(trace), onFault),
          sent: guarded(trace.sent.bind(trace), onFault),
          failed: guarded(trace.failed.bind(trace), onFault),
          end: guarded(trace.end.bind(trace), onFault),
        }
      );
    },
  };
}
