/** What a HorizontalPodAutoscaler does with a metric, as its documentation says, with the behaviour of our examples. */
export interface Behaviour {
  readonly min: number;
  readonly max: number;
  /** It never goes below what was wanted at any time in so many seconds. */
  readonly downStabilizationS: number;
  /** Share of the processes that may leave, and that may come, in a period. */
  readonly downShare: number;
  readonly downPeriodS: number;
  readonly upShare: number;
  readonly upPeriodS: number;
}

/** As in deploy/chart, with Prometheus. */
export const ourBehaviour: Behaviour = {
  min: 1,
  max: 16,
  downStabilizationS: 90,
  downShare: 0.5,
  downPeriodS: 60,
  upShare: 9,
  upPeriodS: 15,
};

/** A smaller difference changes nothing. */
const TOLERANCE = 0.1;

export class Autoscaler {
  readonly #behaviour: Behaviour;
  #wanted: { readonly at: number; readonly replicas: number }[] = [];
  #changes: { readonly at: number; readonly by: number }[] = [];
  replicas: number;

  constructor(behaviour: Behaviour) {
    this.#behaviour = behaviour;
    this.replicas = behaviour.min;
  }

  /** `total`: the sum of the metric over all processes; one process is wanted for each. */
  look(second: number, total: number): void {
    const { min, max, downStabilizationS } = this.#behaviour;
    const ratio = total / this.replicas;
    const raw = Math.abs(ratio - 1) <= TOLERANCE ? this.replicas : Math.ceil(total - 1e-9);
    const wanted = Math.min(max, Math.max(min, raw));
    this.#wanted.push({ at: second, replicas: wanted });
    this.#wanted = this.#wanted.filter(({ at }) => at > second - downStabilizationS);
    const lowest = Math.max(...this.#wanted.map(({ replicas }) => replicas));
    const next = wanted > this.replicas ? wanted : Math.min(this.replicas, lowest);
    const allowed = Math.min(this.#upTo(second), Math.max(this.#downTo(second), next));
    if (allowed !== this.replicas) this.#changes.push({ at: second, by: allowed - this.replicas });
    this.replicas = allowed;
  }

  #upTo(second: number): number {
    const { upShare, upPeriodS } = this.#behaviour;
    const before = this.replicas - this.#changed(second - upPeriodS, (by) => by > 0);
    return Math.ceil(before * (1 + upShare));
  }

  #downTo(second: number): number {
    const { downShare, downPeriodS } = this.#behaviour;
    const before = this.replicas - this.#changed(second - downPeriodS, (by) => by < 0);
    return Math.floor(before * (1 - downShare));
  }

  #changed(since: number, counts: (by: number) => boolean): number {
    return this.#changes.reduce((sum, { at, by }) => (at > since && counts(by) ? sum + by : sum), 0);
  }
}
