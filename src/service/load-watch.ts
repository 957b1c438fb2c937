import { performance } from 'node:perf_hooks';
import { cpuQuota } from '../config/cpu-quota.ts';
import type { Config } from '../config/schema.ts';
import type { PartitionLag } from '../lag.ts';
import type { Counters } from '../metrics/counters.ts';
import { WindowedPercentiles } from '../metrics/windowed-percentiles.ts';
import { Capacity } from '../scaling/capacity.ts';
import { desiredReplicas } from '../scaling/desired-replicas.ts';
import type { Session } from '../session/session.ts';
import type { RunState, TopicPartition } from '../types.ts';
import type { Facts } from '../why/facts.ts';
import { isBehind } from '../why/symptoms.ts';
import { canWork } from '../why/stuck-causes.ts';
import { type WhyReport, whyReport } from '../why/report.ts';
import { factsOf } from './load-facts.ts';
import { type LoadSample, takeSample } from './load-sample.ts';
import { placeName } from './own-lag.ts';

export interface LoadWatchOptions {
  readonly current: () => Config;
  readonly counters: Counters;
  readonly session: () => Session | undefined;
  readonly paused: () => readonly TopicPartition[];
  readonly schemaTrouble: () => string | undefined;
  readonly state: () => RunState;
}

/** Samples that rates and shares are taken of, one a second. */
const WINDOW = 10;

/** Measures what the service has to do and what it does, once a second. Changes nothing. */
export class LoadWatch {
  readonly #options: LoadWatchOptions;
  readonly #processing: WindowedPercentiles;
  readonly #capacity = new Capacity();
  /** Read once: it would take a restart to give a model more threads. */
  readonly #cpus = cpuQuota();
  /** Oldest first. */
  #samples: LoadSample[] = [];
  #session: Session | undefined;
  #facts: Facts | undefined;
  #desiredReplicas = 0;
  #processingP99Ms: number | null = null;

  constructor(options: LoadWatchOptions) {
    this.#options = options;
    this.#processing = new WindowedPercentiles(options.counters.processing, WINDOW);
  }

  /** See the function of that name; of the last time at which the service could work. */
  get desiredReplicas(): number {
    return this.#desiredReplicas;
  }

  /** Of the last ten seconds; null if nothing was committed. */
  get processingP99Ms(): number | null {
    return this.#processingP99Ms;
  }

  observe(lag: readonly PartitionLag[]): void {
    const { current, counters, state, schemaTrouble } = this.#options;
    const session = this.#options.session();
    if (session !== this.#session) this.#samples = []; // what it counts begins again
    this.#session = session;
    const paused = new Set(this.#options.paused().map(placeName));
    this.#samples.push(takeSample({ counters, session, lag, paused }));
    if (this.#samples.length > WINDOW + 1) this.#samples.shift();
    const { count, p95, p99 } = this.#processing.advance();
    this.#processingP99Ms = count === 0 ? null : p99;
    const facts = factsOf({
      config: current(),
      state: state(),
      session,
      schemaTrouble: schemaTrouble(),
      ...{ lag, paused, samples: this.#samples, p95Ms: p95, cpus: this.#cpus },
    });
    this.#facts = facts;
    if (canWork(facts)) this.#size(facts);
    else this.#capacity.interrupted();
  }

  /** `lag`: for the first sample, if there is none yet. */
  report(lag: () => readonly PartitionLag[]): WhyReport {
    if (this.#facts === undefined) this.observe(lag());
    return whyReport(this.#facts as Facts, {
      capacityPerS: this.#capacity.perSecond,
      desiredReplicas: this.#desiredReplicas,
    });
  }

  #size(facts: Facts): void {
    const [before, now] = this.#samples.slice(-2);
    if (before !== undefined && now !== undefined) {
      const elapsedMs = now.atMs - before.atMs;
      const loop = performance.eventLoopUtilization(now.loop, before.loop).utilization;
      this.#capacity.observe({
        elapsedS: elapsedMs / 1_000,
        messages: now.committed - before.committed,
        busy: Math.max((now.workedMs - before.workedMs) / elapsedMs, loop),
        busyLately: Math.max(facts.inference.busy, facts.loopBusy),
        isFull: isBehind(facts),
      });
    }
    this.#desiredReplicas = desiredReplicas({
      partitions: facts.partitions.filter(({ paused, unreadable }) => !paused && unreadable === undefined),
      committedPerS: facts.committedPerS,
      busy: Math.max(facts.inference.busy, facts.loopBusy),
      capacityPerS: this.#capacity.perSecond,
      freshnessS: this.#options.current().kafka.target_freshness_s,
    });
  }
}
