import { type RecentDeadLetter, type Stage, stages } from '../../types.ts';
import { type EventStream, eventFrame } from './event-stream.ts';
import { History } from './live-history.ts';
import type { ServiceView } from '../service-view.ts';
import { WindowedPercentiles, type WindowSummary } from './windowed-percentiles.ts';

const SAMPLE_MS = 1_000;
/** Looks that percentiles and rates reach back. */
const WINDOW_LOOKS = 5;
/** Partitions in a sample, those furthest behind first. */
const PARTITIONS_MAX = 100;

/**
 * Looks at the service once a second and tells those who follow. The last minutes are kept, so that a page that
 * is opened shows what led here.
 */
export class LiveFeed {
  readonly #view: ServiceView;
  readonly #stream: EventStream;
  readonly #history = new History();
  readonly #processing: WindowedPercentiles;
  readonly #endToEnd: WindowedPercentiles;
  readonly #transaction: WindowedPercentiles;
  readonly #batchRows: WindowedPercentiles;
  readonly #stages: readonly (readonly [Stage, WindowedPercentiles])[];
  /** Real and padded tokens at the last looks. */
  readonly #tokens: (readonly [number, number])[] = [[0, 0]];
  #sentLetters: readonly RecentDeadLetter[] | undefined;
  #timer: NodeJS.Timeout | undefined;

  constructor(view: ServiceView, stream: EventStream) {
    this.#view = view;
    this.#stream = stream;
    const { counters } = view;
    this.#processing = new WindowedPercentiles(counters.processing, WINDOW_LOOKS);
    this.#endToEnd = new WindowedPercentiles(counters.endToEnd, WINDOW_LOOKS);
    this.#transaction = new WindowedPercentiles(counters.transaction, WINDOW_LOOKS);
    this.#batchRows = new WindowedPercentiles(counters.batchRows, WINDOW_LOOKS);
    this.#stages = stages.map((stage) => [
      stage,
      new WindowedPercentiles(counters.stage[stage], WINDOW_LOOKS),
    ]);
  }

  start(): void {
    this.#timer = setInterval(() => this.look(), SAMPLE_MS);
    this.#timer.unref();
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#stream.close();
  }

  /** What a new follower gets first: what does not change, and how it came to be as it is. */
  hello(): string {
    const { build, labels, limits } = this.#view;
    const letters = this.#view.recentDeadLetters();
    return (
      eventFrame('hello', { build, labels, limits, history: this.#history.columns() }) +
      eventFrame('dead-letters', letters)
    );
  }

  look(): void {
    const sample = this.#sample();
    this.#history.add([
      sample.at / 1_000,
      sample.throughput,
      sample.lag.messages,
      ...[sample.processing, sample.endToEnd].flatMap(({ count, p50, p95, p99 }) =>
        count === 0 ? [null, null, null] : [p50, p95, p99],
      ),
    ]);
    if (this.#stream.followers === 0) return;
    this.#stream.send(eventFrame('sample', sample));
    const letters = this.#view.recentDeadLetters();
    if (letters !== this.#sentLetters) this.#stream.send(eventFrame('dead-letters', letters));
    this.#sentLetters = letters;
  }

  #sample() {
    const { counters } = this.#view;
    const gauges = this.#view.gauges();
    const { uptimeSeconds, partitions } = this.#view.details();
    const behind = [...partitions].sort((a, b) => b.lagMessages - a.lagMessages).slice(0, PARTITIONS_MAX);
    behind.sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
    return {
      at: Date.now(),
      state: gauges.state,
      ready: this.#view.readiness(),
      uptimeSeconds,
      throughput: gauges.throughputTps,
      processing: this.#processing.look(),
      endToEnd: this.#endToEnd.look(),
      counts: {
        consumed: counters.messagesConsumed,
        processed: counters.messagesProcessed,
        duplicate: counters.messagesDuplicate,
        retried: counters.messagesRetried,
        failed: counters.messagesFailed,
        deadLetters: counters.deadLetters,
      },
      lag: {
        messages: partitions.reduce((sum, { lagMessages }) => sum + lagMessages, 0),
        seconds: Math.max(0, ...partitions.map(({ lagSeconds }) => lagSeconds)),
        partitions: partitions.length,
      },
      partitions: behind,
      stages: this.#stages.map(([stage, window]) => ({ stage, ...window.look() })),
      batches: this.#batches(),
      inflight: { messages: gauges.inflightMessages, bytes: gauges.inflightBytes },
      waiting: gauges.unbatchedMessages,
      threads: {
        consumers: gauges.consumerThreads,
        inference: gauges.inferenceThreads,
        running: gauges.runningBatches,
        queued: gauges.queuedBatches,
      },
      transactions: {
        committed: counters.transactionsCommitted,
        aborted: counters.transactionsAborted,
        ...this.#transaction.look(),
      },
      rebalances: counters.rebalances,
    };
  }

  #batches(): WindowSummary & { readonly padding: number } {
    const { realTokens, paddedTokens } = this.#view.counters;
    const [realBefore, paddedBefore] = this.#tokens[0] as readonly [number, number];
    this.#tokens.push([realTokens, paddedTokens]);
    if (this.#tokens.length > WINDOW_LOOKS) this.#tokens.shift();
    const padded = paddedTokens - paddedBefore;
    const padding = padded > 0 ? 1 - (realTokens - realBefore) / padded : 0;
    return { ...this.#batchRows.look(), padding };
  }
}
