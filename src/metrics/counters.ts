import { type ErrorType, errorTypes, type Stage, stages, type TopicPartition } from '../types.ts';
import type { CanaryCounts } from './canary-counts.ts';
import { Histogram } from './histogram.ts';
import { ResultCounts } from './result-counts.ts';
import type { AnswerComparison } from './answer-comparison.ts';

/** Why offsets were passed over: their records were deleted before they were read, or the log came back shorter. */
export type SkipReason = 'trimmed' | 'log_shorter' | 'topic_recreated';

export interface SkippedOffsets extends TopicPartition {
  readonly reason: SkipReason;
  offsets: number;
}

/**
 * What the pipeline has done since it started: plain numbers, updated once per poll, batch or transaction. Readers
 * (Prometheus, JSON, the benchmark) pull them; nothing is pushed.
 */
export class Counters {
  /** Messages read from Kafka, including duplicates and invalid ones. */
  messagesConsumed = 0;
  /** Messages whose result has been committed. */
  messagesProcessed = 0;
  /** Messages skipped because they had been seen before. */
  messagesDuplicate = 0;
  /** Records without a value that were passed over. */
  tombstones = 0;
  /** Retries, counted once per message and attempt. */
  messagesRetried = 0;
  /** Messages that could not be processed, by index into `errorTypes`, with or without a dead-letter topic. */
  readonly failedByType = new Float64Array(errorTypes.length);
  /** Dead letters committed, by index into `errorTypes`. */
  readonly deadLettersByType = new Float64Array(errorTypes.length);
  /** Messages put off, by delay as it is configured. */
  readonly putOffByDelay = new Map<string, number>();
  /** Offsets passed over without a result, by topic, partition and reason. */
  readonly skipped = new Map<string, SkippedOffsets>();
  rebalances = 0;
  /** Reloads of the model that put another one in its place, and those that were refused. */
  modelsReloaded = 0;
  modelsRefused = 0;
  /** Texts that were answered from the cache, and those that were looked for in vain; both 0 without one. */
  cacheHits = 0;
  cacheMisses = 0;
  transactionsCommitted = 0;
  transactionsAborted = 0;

  /** Milliseconds from the beginning of a transaction to its commit or abort. */
  readonly transaction = new Histogram();
  /** Milliseconds from poll to commit, per message. */
  readonly processing = new Histogram();
  /** Milliseconds from the record's timestamp to commit, per message. */
  readonly endToEnd = new Histogram();
  /** Milliseconds of one pass through a stage: a poll, a decode call, a batch, a commit. */
  readonly stage: Readonly<Record<Stage, Histogram>> = stageHistograms();

  /** Rows per classified batch; its `count` is the number of batches. */
  readonly batchRows = new Histogram();
  /** What the model said, of committed results. */
  readonly results = new ResultCounts();

  /** Tokens of the texts in those batches. */
  realTokens = 0;
  /** Tokens that the model computed for them: rows × longest row, including padding. */
  paddedTokens = 0;

  /** Committed results by the model of a cascade that gave them; undefined before there is a cascade. */
  byStage: Record<1 | 2, number> | undefined;

  /** What came of asking another model beside; undefined unless one is. */
  shadow: AnswerComparison | undefined;
  /** What came of letting another model answer some of the keys; undefined unless one does, or did. */
  canary: CanaryCounts | undefined;

  /** From now on there is a cascade. */
  openCascade(): void {
    this.byStage ??= { 1: 0, 2: 0 };
  }

  fail(type: ErrorType, messages = 1): void {
    add(this.failedByType, type, messages);
  }

  deadLetter(type: ErrorType, messages = 1): void {
    add(this.deadLettersByType, type, messages);
  }

  /** 0: its series begins. */
  putOff(delay: string, messages = 1): void {
    this.putOffByDelay.set(delay, (this.putOffByDelay.get(delay) ?? 0) + messages);
  }

  skip({ topic, partition }: TopicPartition, reason: SkipReason, offsets: number): void {
    const key = `${topic}/${partition}/${reason}`;
    const entry = this.skipped.get(key) ?? { topic, partition, reason, offsets: 0 };
    entry.offsets += offsets;
    this.skipped.set(key, entry);
  }

  get messagesFailed(): number {
    return total(this.failedByType);
  }

  get deadLetters(): number {
    return total(this.deadLettersByType);
  }

  get messagesPutOff(): number {
    return [...this.putOffByDelay.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Share of padding in the computed tokens, 0…1; 0 before the first batch. */
  get paddingRatio(): number {
    return this.paddedTokens === 0 ? 0 : 1 - this.realTokens / this.paddedTokens;
  }
}

function stageHistograms(): Record<Stage, Histogram> {
  const entries = stages.map((stage) => [stage, new Histogram()] as const);
  return Object.fromEntries(entries) as Record<Stage, Histogram>;
}

function add(byType: Float64Array, type: ErrorType, messages: number): void {
  const index = errorTypes.indexOf(type);
  byType[index] = (byType[index] as number) + messages;
}

function total(byType: Float64Array): number {
  return byType.reduce((sum, count) => sum + count, 0);
}
