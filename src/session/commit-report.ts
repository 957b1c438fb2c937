import type { Logger } from '../log.ts';
import type { Counters } from '../metrics/counters.ts';
import { failureOf } from '../publish/failure.ts';
import { Flag, Outcome, type SlotTable } from '../slots.ts';
import { type ErrorType, errorTypes, type ModelInfo, type SourceMessage } from '../types.ts';
import { FloodGuard } from './flood-guard.ts';
import type { RecentDeadLetters } from './recent-dead-letters.ts';

/** One message that has been committed, as listeners of `results` get it. */
export interface ProcessedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | string | null;
  /** undefined for a dead letter. */
  readonly label: string | undefined;
  readonly score: number | undefined;
  readonly truncated: boolean;
  /** Set for a dead letter. */
  readonly errorType: ErrorType | undefined;
}

export interface CommitReportOptions {
  readonly table: SlotTable;
  readonly counters: Counters;
  readonly model: ModelInfo;
  readonly logger: Logger;
  /** Off: failed messages are counted and passed over. */
  readonly hasDeadLetters: boolean;
  readonly dlqStopRatio: number;
  readonly onFlood: () => void;
  readonly recentDeadLetters: RecentDeadLetters;
  /** For tracing: the slots of each commit. */
  readonly onCommitted?: ((slots: Int32Array, count: number) => void) | undefined;
  readonly wantsResults: () => boolean;
  readonly onResults: (messages: readonly ProcessedMessage[]) => void;
}

/** Counts what each commit made visible, and tells those who listen. */
export class CommitReport {
  readonly #options: CommitReportOptions;
  readonly #flood: FloodGuard;

  constructor(options: CommitReportOptions) {
    this.#options = options;
    this.#flood = new FloodGuard(options.dlqStopRatio);
  }

  /** To be called before the slots are released. */
  committed(slots: Int32Array, count: number, durationMs: number): void {
    const { table, counters, wantsResults, onResults, onFlood } = this.#options;
    const now = performance.now();
    const nowEpochMs = Date.now();
    let results = 0;
    let dead = 0;
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (table.outcome[slot] === Outcome.result) results++;
      else if (table.outcome[slot] === Outcome.deadLetter) {
        dead++;
        this.#countFailure(slot);
      }
      counters.processing.record(now - (table.takenAt[slot] as number));
      const { timestamp } = table.message[slot] as SourceMessage;
      if (timestamp !== undefined && timestamp > 0)
        counters.endToEnd.record(Math.max(0, nowEpochMs - timestamp));
    }
    counters.messagesProcessed += results;
    counters.transactionsCommitted++;
    counters.transaction.record(durationMs);
    counters.stage.commit.record(durationMs);
    this.#options.onCommitted?.(slots, count);
    if (wantsResults()) onResults(Array.from(slots.subarray(0, count), (slot) => this.#describe(slot)));
    if (this.#flood.add(count, dead)) onFlood();
  }

  #countFailure(slot: number): void {
    const { table, counters, logger, hasDeadLetters, recentDeadLetters } = this.#options;
    const { errorType, stage, message: reason } = failureOf(table, slot);
    const { topic, partition, offset } = table.message[slot] as SourceMessage;
    counters.fail(errorType);
    if (hasDeadLetters) counters.deadLetter(errorType);
    recentDeadLetters.add({ at: Date.now(), topic, partition, offset, errorType, stage, reason });
    logger.warn('dead_letter', { topic, partition, offset, error_type: errorType, written: hasDeadLetters });
  }

  #describe(slot: number): ProcessedMessage {
    const { table, model } = this.#options;
    const { topic, partition, offset, key } = table.message[slot] as SourceMessage;
    const isResult = table.outcome[slot] === Outcome.result;
    const isDead = table.outcome[slot] === Outcome.deadLetter;
    return {
      topic,
      partition,
      offset,
      key: key ?? null,
      label: isResult ? model.labels[table.label[slot] as number] : undefined,
      score: isResult ? table.score[slot] : undefined,
      truncated: ((table.flags[slot] as number) & Flag.truncated) !== 0,
      errorType: isDead ? errorTypes[table.errorType[slot] as number] : undefined,
    };
  }
}
