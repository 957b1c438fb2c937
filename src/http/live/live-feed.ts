import { type RecentDeadLetter, type Stage, stages } from '../../types.ts';
import { type EventStream, eventFrame } from './event-stream.ts';
import { liveModels } from './live-models.ts';
import { LiveEvents } from './live-events.ts';
import { KEPT_SECONDS, LiveHistory } from './live-history.ts';
import type { Logger } from '../../log.ts';
import type { ServiceView } from '../service-view.ts';
import { WindowedPercentiles, type WindowSummary } from '../../metrics/windowed-percentiles.ts';

const SAMPLE_MS = 1_000;
/** Samples that percentiles and ratios cover. */
const WINDOW_SAMPLES = 5;
/** Partitions in a sample: the ones furthest behind. */
const PARTITIONS_MAX = 100;

/**
 * Samples the service once a second for the subscribers of the live page. Keeps the last hour, so that a page starts
 * with full charts.
 */
export class LiveFeed {
  readonly #view: ServiceView;
  readonly #stream: EventStream;
  readonly #history = new LiveHistory();
  readonly #events = new LiveEvents();
  readonly #logger: Logger | undefined;
  readonly #processing: WindowedPercentiles;
  readonly #endToEnd: WindowedPercentiles;
  readonly #transaction: WindowedPercentiles;
  readonly #batchRows: WindowedPercentiles;
  readonly #stages: readonly (readonly [Stage, WindowedPercentiles])[];
  /** Real and padded tokens at the last samples. */
  readonly #tokenCounts: (readonly [number, number])[] = [[0, 0]];
  #lastSentLetters: readonly RecentDeadLetter[] | undefined;
  /** At the last sample that was sent: what is said at the beginning is said again when the model is another one. */
  #modelVersion: string | undefined;
  /** `historyBody`, until the next sample. */
  #historyBody: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #endListening: (() => void) | undefined;

  /** `logger`: its events become marks on the charts. */
  constructor(view: ServiceView, stream: EventStream, logger?: Logger) {
    this.#view = view;
    this.#stream = stream;
    this.#logger = logger;
    const { counters } = view;
    this.#processing = new WindowedPercentiles(counters.processing, WINDOW_SAMPLES);
    this.#endToEnd = new WindowedPercentiles(counters.endToEnd, WINDOW_SAMPLES);
    this.#transaction = new WindowedPercentiles(counters.transaction, WINDOW_SAMPLES);
    this.#batchRows = new WindowedPercentiles(counters.batchRows, WINDOW_SAMPLES);
    this.#stages = stages.map((stage) => [
      stage,
      new WindowedPercentiles(counters.stage[stage], WINDOW_SAMPLES),
    ]);
  }

  start(): void {
    this.#timer = setInterval(() => this.sample(), SAMPLE_MS);
    this.#timer.unref();
    this.#endListening = this.#logger?.listen?.((event, fields) => this.#events.logged(event, fields));
  }

  stop(): void {
    clearInterval(this.#timer);
    this.#endListening?.();
    this.#stream.close();
  }

  /** The last hour as JSON, made at most once for each sample however many ask. */
  historyBody(): string {
    this.#historyBody ??= JSON.stringify({
      keptSeconds: KEPT_SECONDS,
      samples: this.#history.columns(),
      events: this.#events.list(),
    });
    return this.#historyBody;
  }

  /** The first events of a new subscriber: what does not change, and the dead letters. */
  firstEvents(): string {
    return this.#hello() + eventFrame('dead-letters', this.#view.recentDeadLetters());
  }

  #hello(): string {
    const { build, labels, limits } = this.#view;
    return eventFrame('hello', { build, labels, limits });
  }

  /** Takes one sample, keeps it, and sends it if anybody is subscribed. */
  sample(): void {
    const sample = this.#takeSample();
    this.#historyBody = undefined;
    this.#events.look(sample.ready.checks);
    this.#history.add(sample.at / 1_000, [
      sample.throughput,
      sample.lag.messages,
      ...[sample.processing, sample.endToEnd].flatMap(({ count, p50, p95, p99 }) =>
        count === 0 ? [null, null, null] : [p50, p95, p99],
      ),
    ]);
    const marks = this.#events.takeChanged();
    if (this.#stream.subscribers === 0) return;
    const { modelVersion } = this.#view.build;
    if (modelVersion !== (this.#modelVersion ?? modelVersion)) this.#stream.send(this.#hello());
    this.#modelVersion = modelVersion;
    this.#stream.send(eventFrame('sample', sample));
    if (marks.length > 0) this.#stream.send(eventFrame('marks', marks));
    const letters = this.#view.recentDeadLetters();
    if (letters !== this.#lastSentLetters) this.#stream.send(eventFrame('dead-letters', letters));
    this.#lastSentLetters = letters;
  }

  #takeSample() {
    const { counters } = this.#view;
    const gauges = this.#view.gauges();
    const { uptimeSeconds, partitions } = this.#view.details();
    const furthestBehind = [...partitions]
      .sort((a, b) => b.lagMessages - a.lagMessages)
      .slice(0, PARTITIONS_MAX);
    furthestBehind.sort((a, b) => a.topic.localeCompare(b.topic) || a.partition - b.partition);
    return {
      at: Date.now(),
      state: gauges.state,
      ready: this.#view.readiness(),
      why: this.#view.why(),
      models: liveModels(counters),
      uptimeSeconds,
      throughput: gauges.throughputTps,
      processing: this.#processing.advance(),
      endToEnd: this.#endToEnd.advance(),
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
      partitions: furthestBehind,
      stages: this.#stages.map(([stage, window]) => ({ stage, ...window.advance() })),
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
        ...this.#transaction.advance(),
      },
      rebalances: counters.rebalances,
    };
  }

  #batches(): WindowSummary & { readonly padding: number } {
    const { realTokens, paddedTokens } = this.#view.counters;
    const [realBefore, paddedBefore] = this.#tokenCounts[0] as readonly [number, number];
    this.#tokenCounts.push([realTokens, paddedTokens]);
    if (this.#tokenCounts.length > WINDOW_SAMPLES) this.#tokenCounts.shift();
    const padded = paddedTokens - paddedBefore;
    const padding = padded > 0 ? 1 - (realTokens - realBefore) / padded : 0;
    return { ...this.#batchRows.advance(), padding };
  }
}
