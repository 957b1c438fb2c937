import type { Logger } from '../log.ts';
import type { Counters } from '../metrics/counters.ts';
import type { ModelResults } from '../metrics/result-counts.ts';
import { failureOf, retryTopicOf } from '../publish/failure.ts';
import { recordAgeMs } from '../record-age.ts';
import type { RetryTopic, RetryTopics } from '../retry-topics.ts';
import { Flag, type SlotTable } from '../slots.ts';
import type { ErrorType, SourceMessage } from '../types.ts';
import type { Edition, Editions } from '../predict/editions.ts';
import { labelOf } from '../predict/model-parts.ts';
import { resultLabels } from '../predict/routes.ts';
import type { RecentDeadLetters } from './recent-dead-letters.ts';

/** One committed message, as listeners of `results` get it. */
export interface ProcessedMessage {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: Buffer | string | null;
  /** undefined for a dead letter. */
  readonly label: string | undefined;
  readonly score: number | undefined;
  readonly truncated: boolean;
  /** In how many windows the text was read, if in more than one. */
  readonly windows?: number;
  /** Set for a dead letter. */
  readonly errorType: ErrorType | undefined;
}

export interface CommitListeners {
  /** For tracing: the slots of each commit, before they are released. */
  readonly onCommitted?: ((slots: Int32Array, count: number) => void) | undefined;
  /** Whether anyone listens to `onResults`. */
  readonly wantsResults: () => boolean;
  readonly onResults: (messages: readonly ProcessedMessage[]) => void;
}

export interface CommitReportOptions {
  readonly table: SlotTable;
  readonly counters: Counters;
  readonly editions: Editions;
  readonly logger: Logger;
  /** Off: failed messages are counted and skipped. */
  readonly hasDeadLetters: boolean;
  /** Where messages wait whose failure may pass; undefined if none do. */
  readonly retries?: Pick<RetryTopics, 'after' | 'delays'> | undefined;
  readonly recentDeadLetters: RecentDeadLetters;
  readonly listeners: CommitListeners;
}

/** How many of the messages of a commit were tried for the first time, and how many of those failed. */
export interface FirstTries {
  messages: number;
  failures: number;
}

interface Answerer {
  readonly edition: Edition;
  readonly results: ModelResults;
}

/** Counts what each commit made visible, and notifies listeners. */
export class CommitReport {
  readonly #options: CommitReportOptions;

  /** Who gave the last result that was looked at, in this commit, and all who gave one. */
  #last: Answerer | undefined;
  readonly #answerers = new Map<number, Answerer>();

  constructor(options: CommitReportOptions) {
    this.#options = options;
    for (const delay of options.retries?.delays ?? []) options.counters.putOff(delay, 0);
  }

  /**
   * Call before the slots are released. What was put off before and fails again says nothing new, so it is not in what
   * is returned.
   */
  committed(slots: Int32Array, count: number, durationMs: number): FirstTries {
    const { table, counters, listeners } = this.#options;
    const now = performance.now();
    const nowEpochMs = Date.now();
    let results = 0;
    const first = { messages: count, failures: 0 };
    this.#last = undefined; // numbers of editions are used again
    this.#answerers.clear();
    for (let i = 0; i < count; i++) {
      const slot = slots[i] as number;
      if (table.isResult(slot)) {
        results++;
        this.#countResult(slot);
      } else if (table.isDeadLetter(slot)) {
        first.failures++;
        this.#countFailure(slot);
      }
      if (table.message[slot]?.putOff !== undefined) {
        first.messages--;
        if (table.isDeadLetter(slot)) first.failures--;
      }
      counters.processing.record(now - (table.takenAt[slot] as number));
      const { timestamp } = table.message[slot] as SourceMessage;
      const age = this.#isPutOff(slot) ? undefined : recordAgeMs(timestamp, nowEpochMs);
      if (age !== undefined) counters.endToEnd.record(age);
    }
    counters.messagesProcessed += results;
    counters.transactionsCommitted++;
    counters.transaction.record(durationMs);
    counters.stage.commit.record(durationMs);
    listeners.onCommitted?.(slots, count);
    if (count > 0 && listeners.wantsResults()) {
      const settled = Array.from(slots.subarray(0, count)).filter((slot) => !this.#isPutOff(slot));
      listeners.onResults(settled.map((slot) => this.#describe(slot)));
    }
    return first;
  }

  #countResult(slot: number): void {
    const { table, counters } = this.#options;
    const { edition, results } = this.#answerer(slot);
    if (edition.stage !== undefined && counters.byStage !== undefined) counters.byStage[edition.stage]++;
    results.add(
      table.label[slot] as number,
      table.score[slot] as number,
      table.tokensOf(slot),
      table.unknown[slot] as number,
      ((table.flags[slot] as number) & Flag.truncated) !== 0,
    );
  }

  #answerer(slot: number): Answerer {
    const { table, counters, editions } = this.#options;
    const number = table.edition[slot] as number;
    if (this.#last?.edition.number === number) return this.#last;
    let answerer = this.#answerers.get(number);
    if (answerer === undefined) {
      const edition = editions.of(number);
      const { model } = edition;
      answerer = { edition, results: counters.results.of(model.version, resultLabels(model)) };
      this.#answerers.set(number, answerer);
    }
    this.#last = answerer;
    return answerer;
  }

  #countFailure(slot: number): void {
    const { table, counters, logger, hasDeadLetters, recentDeadLetters, retries } = this.#options;
    const retryTopic = retryTopicOf(retries, table, slot);
    if (retryTopic !== undefined) {
      this.#countPutOff(slot, retryTopic);
      return;
    }
    const { errorType, stage, message: reason } = failureOf(table, slot);
    const { topic, partition, offset } = table.message[slot] as SourceMessage;
    counters.fail(errorType);
    if (hasDeadLetters) counters.deadLetter(errorType);
    recentDeadLetters.add({ at: Date.now(), topic, partition, offset, errorType, stage, reason });
    logger.warn('dead_letter', { topic, partition, offset, error_type: errorType, written: hasDeadLetters });
  }

  #isPutOff(slot: number): boolean {
    const { table, retries } = this.#options;
    return table.isDeadLetter(slot) && retryTopicOf(retries, table, slot) !== undefined;
  }

  #countPutOff(slot: number, { name, delay }: RetryTopic): void {
    const { table, counters, logger } = this.#options;
    const { errorType, attempts } = failureOf(table, slot);
    const { topic, partition, offset } = table.message[slot] as SourceMessage;
    counters.putOff(delay);
    logger.warn('message_put_off', {
      ...{ topic, partition, offset, error_type: errorType, attempts, retry_topic: name },
    });
  }

  #describe(slot: number): ProcessedMessage {
    const { table } = this.#options;
    const { topic, partition, offset, key } = table.message[slot] as SourceMessage;
    const isResult = table.isResult(slot);
    const isDead = table.isDeadLetter(slot);
    const windows = table.windows[slot] as number;
    return {
      topic,
      partition,
      offset,
      key: key ?? null,
      label: isResult ? labelOf(this.#answerer(slot).edition.model, table.label[slot] as number) : undefined,
      score: isResult ? table.score[slot] : undefined,
      truncated: ((table.flags[slot] as number) & Flag.truncated) !== 0,
      ...(windows > 1 ? { windows } : {}),
      errorType: isDead ? table.errorTypeOf(slot) : undefined,
    };
  }
}
