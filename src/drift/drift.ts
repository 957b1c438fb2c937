import type { ModelResults, ResultCounts } from '../metrics/result-counts.ts';
import { between, mapSignals, type Profile, profileOf, resultsIn, type Signal } from './profile.ts';
import { stabilityIndex } from './stability.ts';

/** How often the counts are noted down. */
export const OBSERVE_MS = 5_000;
/** How far the last window may reach back. The shortest that has enough results is taken. */
const windowsMs = [30_000, 60_000, 300_000, 900_000, 3_600_000];
const ENOUGH_RESULTS = 10_000;
/** With fewer than this in an hour nothing is said. */
const RESULTS_MIN = 2_000;
const NOTES_MAX = Math.max(...windowsMs) / OBSERVE_MS + 1;

/**
 * How far what the model says now is from a baseline. The window follows the traffic: half a minute at 1,000 results a
 * second, an hour at three. Costs some sixty numbers every five seconds, and a third of a megabyte.
 */
export class Drift {
  readonly #count: () => Profile;
  readonly #baseline: Profile | undefined;
  /** Newest last, `OBSERVE_MS` apart. */
  readonly #notes: Profile[];
  #observedAt = Number.NEGATIVE_INFINITY;
  #values: Readonly<Record<Signal, number>> | undefined;

  /** Of what `model` says from now on. */
  constructor(results: ResultCounts, model: Pick<ModelResults, 'byLabel'>, baseline?: Profile) {
    this.#count = () => profileOf(results, model);
    this.#baseline = baseline;
    this.#notes = [this.#count()];
  }

  /** Distance of the last window from the baseline; undefined without a baseline, or with too few results. */
  get values(): Readonly<Record<Signal, number>> | undefined {
    return this.#values;
  }

  /** Call at least every `OBSERVE_MS`; `now` in ms of a clock that does not jump. */
  observe(now: number): void {
    if (now - this.#observedAt < OBSERVE_MS) return;
    this.#observedAt = now;
    this.#notes.push(this.#count());
    if (this.#notes.length > NOTES_MAX) this.#notes.shift();
    this.#values = this.#compare();
  }

  /** What was counted in the last hour, or since the model was taken up if that is less. */
  lastHour(): Profile {
    return between(this.#notes[0] as Profile, this.#count());
  }

  #compare(): Readonly<Record<Signal, number>> | undefined {
    const baseline = this.#baseline;
    if (baseline === undefined) return undefined;
    const window = this.#window();
    if (resultsIn(window) < RESULTS_MIN) return undefined;
    return mapSignals((signal) => stabilityIndex(baseline[signal], window[signal]));
  }

  #window(): Profile {
    const last = this.#notes.at(-1) as Profile;
    let window = between(last, last);
    for (const ms of windowsMs) {
      window = between(this.#notes.at(-1 - ms / OBSERVE_MS) ?? (this.#notes[0] as Profile), last);
      if (resultsIn(window) >= ENOUGH_RESULTS) break;
    }
    return window;
  }
}
