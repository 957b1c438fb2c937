import { setTimeout as sleep } from 'node:timers/promises';
import type { Config } from '../config/schema.ts';
import type { ErrorType } from '../types.ts';
import { clusterProperties } from '../cluster/access.ts';
import { lookUpTopics } from '../cluster/matched-topics.ts';
import type { DeadLetter } from '../dead-letter.ts';
import type { DlqFilter } from './filter.ts';
import { type DlqRecord, readDeadLetters } from './read.ts';
import { addOne, sorted } from './stats.ts';
import { ReplayProgress } from './replay-progress.ts';
import { ReplaySender } from './replay-sender.ts';

export interface ReplayOptions {
  readonly filter: DlqFilter;
  /** Only report what would be replayed. */
  readonly dryRun: boolean;
  /** Records per second; undefined: as fast as possible. */
  readonly rate?: number;
  /** Dead letters that have been replayed this many times are skipped. */
  readonly replaysMax: number;
  /** Replay at most this many in this run. */
  readonly limit?: number;
  /** Checked between transactions. true ends the replay, which can be resumed later. */
  readonly shouldStop?: () => boolean;
}

export interface ReplayReport {
  readonly dryRun: boolean;
  /** How many were replayed, or would be in a dry run. */
  readonly replayed: number;
  readonly byReason: Readonly<Record<string, number>>;
  readonly skipped: {
    /** Replayed by an earlier run. */
    readonly alreadyReplayed: number;
    /** Replayed too often; the first of them are in `refused`. */
    readonly loops: number;
    /** Not written by this program. */
    readonly foreign: number;
    /** From a topic that is not in `kafka.topic`. */
    readonly otherTopic: number;
    /** Their values were left out, so there is nothing to send; the first of them are in `refused`. */
    readonly withoutValue: number;
  };
  readonly refused: readonly Pick<
    DeadLetter,
    'partition' | 'offset' | 'reason' | 'replays' | 'isValueOmitted'
  >[];
  /** Whether it ended before the end of the topic because it was stopped or reached the limit. */
  readonly stopped: boolean;
}

const TRANSACTION_MAX = 500;
const REFUSED_SHOWN = 20;

/**
 * Sends dead letters back to the topic they came from, each once: record and progress are written in one transaction,
 * so a replay that was killed resumes where it stopped. Dead letters that were replayed too often, or whose value was
 * left out, are skipped.
 * KS_TOPIC_MISSING, KS_NOT_AUTHORIZED, KS_BROKER_UNREACHABLE, KS_KAFKA_FATAL.
 */
export async function replayDeadLetters(given: Config, options: ReplayOptions): Promise<ReplayReport> {
  const config = await lookUpTopics(given);
  const properties = clusterProperties(config);
  const progress = new ReplayProgress(config, properties, options.filter.since !== undefined);
  const sender = options.dryRun ? undefined : new ReplaySender(config, progress);
  try {
    await sender?.connect();
    return await new Replay(config, options, progress, sender).run();
  } finally {
    await sender?.close();
    await progress.close();
  }
}

class Replay {
  readonly #config: Config;
  readonly #options: ReplayOptions;
  readonly #progress: ReplayProgress;
  readonly #sender: ReplaySender | undefined;
  readonly #byReason = new Map<string, number>();
  readonly #skipped = { alreadyReplayed: 0, loops: 0, foreign: 0, otherTopic: 0, withoutValue: 0 };
  readonly #refused: DeadLetter[] = [];
  readonly #startedAt = performance.now();
  #replayed = 0;
  #chunk: DlqRecord[] = [];

  constructor(
    config: Config,
    options: ReplayOptions,
    progress: ReplayProgress,
    sender: ReplaySender | undefined,
  ) {
    this.#config = config;
    this.#options = options;
    this.#progress = progress;
    this.#sender = sender;
  }

  async run(): Promise<ReplayReport> {
    const { filter, limit = Number.POSITIVE_INFINITY, rate = TRANSACTION_MAX, shouldStop } = this.#options;
    const chunkMax = Math.min(TRANSACTION_MAX, rate);
    let stopped = false;
    for await (const record of readDeadLetters(this.#config, filter)) {
      stopped = this.#replayed + this.#chunk.length >= limit || shouldStop?.() === true;
      if (stopped) break;
      if (!(await this.#isWanted(record.letter))) continue;
      this.#chunk.push(record);
      if (this.#chunk.length >= chunkMax) await this.#sendChunk();
    }
    await this.#sendChunk();
    return {
      dryRun: this.#options.dryRun,
      replayed: this.#replayed,
      byReason: sorted(this.#byReason),
      skipped: this.#skipped,
      refused: this.#refused.map(({ partition, offset, reason, replays, isValueOmitted }) => ({
        partition,
        offset,
        reason,
        replays,
        isValueOmitted,
      })),
      stopped,
    };
  }

  async #isWanted(letter: DeadLetter): Promise<boolean> {
    const { reason, origin, partition, offset, replays } = letter;
    if (reason === undefined || origin === undefined) this.#skipped.foreign++;
    else if (!this.#config.kafka.topic.includes(origin.topic)) this.#skipped.otherTopic++;
    else if (await this.#progress.isDone(reason, partition, offset)) this.#skipped.alreadyReplayed++;
    else if (letter.isValueOmitted) {
      this.#skipped.withoutValue++;
      this.#refuse(letter);
    } else if (replays >= this.#options.replaysMax) {
      this.#skipped.loops++;
      this.#refuse(letter);
    } else return true;
    return false;
  }

  #refuse(letter: DeadLetter): void {
    if (this.#refused.length < REFUSED_SHOWN) this.#refused.push(letter);
  }

  async #sendChunk(): Promise<void> {
    const chunk = this.#chunk;
    if (chunk.length === 0) return;
    this.#chunk = [];
    await this.#sender?.send(chunk);
    this.#replayed += chunk.length;
    for (const { letter } of chunk) addOne(this.#byReason, letter.reason as ErrorType);
    if (this.#sender !== undefined && this.#options.rate !== undefined)
      await this.#slowDown(this.#options.rate);
  }

  async #slowDown(rate: number): Promise<void> {
    const earliestMs = this.#startedAt + (1_000 * this.#replayed) / rate;
    const step = 200;
    while (performance.now() < earliestMs && this.#options.shouldStop?.() !== true) {
      await sleep(Math.min(step, Math.max(0, earliestMs - performance.now())));
    }
  }
}
