/**
 * Whether each result comes from the model that had to answer its key in that process at that time. What a process had
 * at which time is what it has logged; whose key it is, is computed here once more.
 */
import type { Message } from 'node-rdkafka';
import type { Finding } from '../../src/verify/tally.ts';
import type { CanaryFacts } from './canaries.ts';
import { placeOfKey } from './canary-keys.ts';
import { Examples } from './examples.ts';
import type { Era } from './model-log.ts';

export interface CanaryVerdict {
  /** Of processes that had a canary between the request and its result; by the model in use, or by the canary. */
  readonly answers: { readonly main: number; readonly canary: number };
  /** Those for which only one model was right: nothing changed between the request and its result. */
  readonly certain: { readonly main: number; readonly canary: number };
  /** How many canaries have answered some of the keys. */
  readonly canaries: number;
  /** A canary has answered a key that is not in its share. */
  readonly outside: Finding;
  /** The model in use has answered a key of the canary's. */
  readonly otherSide: Finding;
  /** A canary has answered in a process that did not have it yet, or had gone back before the request was sent. */
  readonly notItsTime: Finding;
}

/** What a process logs it may do a little earlier or later, in the same turn of its event loop. */
export const SLACK_MS = 1_000;
const NAME = /^(?:first|canary-(\d+))-(\d+)$/;

interface Asked {
  readonly place: number;
  readonly sentAtMs: number;
}

interface Told {
  readonly model?: string;
  readonly processed_at: number;
}

export class CanaryAnswers {
  readonly #facts: ReadonlyMap<number, CanaryFacts>;
  readonly #erasOf: (process: number) => readonly Era[];
  /** By partition and offset. */
  readonly #asked = new Map<string, Asked>();
  readonly #answers = { main: 0, canary: 0 };
  readonly #certain = { main: 0, canary: 0 };
  readonly #canaries = new Set<number>();
  readonly #outside = new Examples();
  readonly #otherSide = new Examples();
  readonly #notItsTime = new Examples();

  constructor(facts: ReadonlyMap<number, CanaryFacts>, erasOf: (process: number) => readonly Era[]) {
    this.#facts = facts;
    this.#erasOf = erasOf;
  }

  addRequest(request: Pick<Message, 'topic' | 'partition' | 'offset' | 'key' | 'timestamp'>): void {
    const { partition, offset, timestamp = 0 } = request;
    this.#asked.set(`${partition}/${offset}`, { place: placeOfKey(request), sentAtMs: timestamp });
  }

  /** The canary that has answered; undefined: another model has. */
  canaryOf({ model = '' }: Pick<Told, 'model'>): CanaryFacts | undefined {
    return this.#facts.get(Number(NAME.exec(model)?.[1]));
  }

  /** `place`: partition and offset of the request. */
  addResult(told: Told, place: string): void {
    const { model = '', processed_at: processedAtMs } = told;
    const asked = this.#asked.get(place);
    const [, , process] = NAME.exec(model) ?? [];
    if (process === undefined || asked === undefined) return;
    const canary = this.canaryOf(told);
    const eras = during(this.#erasOf(Number(process)), asked.sentAtMs - SLACK_MS, processedAtMs + SLACK_MS);
    const right = new Set(eras.map((era) => this.#rightOf(era, asked.place)));
    if (eras.some((era) => era.canary !== undefined)) {
      // One that was promoted is the model in use.
      const isTried = eras.some((era) => era.canary === model);
      const by = isTried ? 'canary' : 'main';
      this.#answers[by]++;
      if (right.size === 1 && right.has(model)) this.#certain[by]++;
      if (isTried && canary) this.#canaries.add(canary.number);
    }
    if (right.has(model)) return;
    if (canary === undefined) this.#otherSide.add(place);
    else if (eras.some((era) => era.canary === model)) this.#outside.add(place);
    else this.#notItsTime.add(place);
  }

  verdict(): CanaryVerdict {
    return {
      answers: this.#answers,
      certain: this.#certain,
      canaries: this.#canaries.size,
      outside: this.#outside.summary,
      otherSide: this.#otherSide.summary,
      notItsTime: this.#notItsTime.summary,
    };
  }

  /** Which model answers a key. */
  #rightOf({ main, canary }: Era, place: number): string {
    if (canary === undefined) return main;
    const share = this.canaryOf({ model: canary })?.share ?? 0;
    return place < share ? canary : main;
  }
}

/** Those that lasted at some time of the span. The request was read in it, and that decides who answers. */
function during(eras: readonly Era[], fromMs: number, toMs: number): readonly Era[] {
  return eras.filter(({ sinceMs }, i) => {
    const untilMs = eras[i + 1]?.sinceMs ?? Number.POSITIVE_INFINITY;
    return sinceMs <= toMs && untilMs >= fromMs;
  });
}
