import { type ErrorType, errorTypes, type Stage, stages } from '../types.ts';
import { LatencyHistogram } from './histogram.ts';

/**
 * What the pipeline has done since the start: plain numbers that it bumps once for each poll, batch or
 * transaction. Whoever wants to look (Prometheus, JSON, the bench) reads them; nothing is pushed.
 */
export class Counters {
  /** Messages taken from Kafka, duplicates and broken ones included. */
  messagesConsumed = 0;
  /** Messages whose result has been committed. */
  messagesProcessed = 0;
  /** Messages left out because they had been seen before. */
  messagesDuplicate = 0;
  /** Further attempts, counted once for each message and attempt. */
  messagesRetried = 0;
  /** Messages given up on, by index into `errorTypes`; with a dead-letter topic they are there too. */
  readonly failedByType = new Float64Array(errorTypes.length);
  /** Dead letters committed, by index into `errorTypes`. */
  readonly deadLettersByType = new Float64Array(errorTypes.length);
  rebalances = 0;
  transactionsCommitted = 0;
  transactionsAborted = 0;

  /** Milliseconds from begin to commit or abort of a transaction. */
  readonly transaction = new LatencyHistogram();
  /** Milliseconds from poll to commit, for each message. */
  readonly processing = new LatencyHistogram();
  /** Milliseconds from the record's timestamp to commit, for each message. */
  readonly endToEnd = new LatencyHistogram();
  /** Milliseconds of one pass through a stage: a poll, a decode call, a batch, a commit. */
  readonly stage: Readonly<Record<Stage, LatencyHistogram>> = stageHistograms();

  /** Rows of each batch that was classified; its `count` is the number of batches. */
  readonly batchRows = new LatencyHistogram();
  /** Tokens of the texts in those batches. */
  realTokens = 0;
  /** Tokens that the model computed for them: rows × longest row, padding included. */
  paddedTokens = 0;

  fail(type: ErrorType, messages = 1): void {
    add(this.failedByType, type, messages);
  }

  deadLetter(type: ErrorType, messages = 1): void {
    add(this.deadLettersByType, type, messages);
  }

  get messagesFailed(): number {
    return total(this.failedByType);
  }

  get deadLetters(): number {
    return total(this.deadLettersByType);
  }

  /** Share of the computed tokens that were padding, 0…1; 0 before the first batch. */
  get paddingRatio(): number {
    return this.paddedTokens === 0 ? 0 : 1 - this.realTokens / this.paddedTokens;
  }
}

function stageHistograms(): Record<Stage, LatencyHistogram> {
  const entries = stages.map((stage) => [stage, new LatencyHistogram()] as const);
  return Object.fromEntries(entries) as Record<Stage, LatencyHistogram>;
}

function add(byType: Float64Array, type: ErrorType, messages: number): void {
  const index = errorTypes.indexOf(type);
  byType[index] = (byType[index] as number) + messages;
}

function total(byType: Float64Array): number {
  return byType.reduce((sum, count) => sum + count, 0);
}
