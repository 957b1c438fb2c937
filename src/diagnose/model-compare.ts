import type { Config } from '../config/schema.ts';
import { createCorpus } from '../corpus/corpus.ts';
import { KubesentimentError } from '../errors.ts';
import type { Prediction } from '../types.ts';
import { inTurns, Stopwatch, type TwoModels, withTwoModels } from './two-models.ts';

export interface ComparedModel {
  readonly name: string;
  readonly version: string;
  readonly labels: readonly string[];
  readonly textsPerSecond: number;
}

/** One text, and what each model makes of it. */
export interface Difference {
  /** From 1, in the order in which the texts came. */
  readonly line: number;
  readonly labels: readonly [string, string];
  readonly scores: readonly [number, number];
  /** How far apart the two are in the score of the first model's label, 0…1 for probabilities. */
  readonly distance: number;
  readonly text: string;
}

export interface ModelComparison {
  readonly models: readonly [ComparedModel, ComparedModel];
  readonly texts: number;
  /** Texts to which both give the same label. */
  readonly agreed: number;
  /** Of the score of the first model's label. undefined: the second model knows none of these labels. */
  readonly distance: { readonly mean: number; readonly max: number } | undefined;
  /** How often the first label became the second one, most often first. */
  readonly changes: readonly { readonly from: string; readonly to: string; readonly texts: number }[];
  /** Texts whose label changed before those whose score did, the furthest apart first. */
  readonly furthest: readonly Difference[];
}

const CORPUS_SEED = 2;
const CORPUS_TEXTS = 2_048;
const FURTHEST_MAX = 10;

/** Sentences of our own, for those who have none at hand. */
export async function* ownTexts(): AsyncGenerator<string[]> {
  const corpus = createCorpus({ seed: CORPUS_SEED, style: 'sst2' });
  yield Array.from({ length: CORPUS_TEXTS }, () => corpus.next());
}

/**
 * Both models over the same texts, chunk by chunk in turn, so that a busy machine slows both. Of the texts only those
 * that differ most are kept. KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED, KS_INFERENCE_FAILED;
 * KS_USAGE without texts.
 */
export function compareModels(
  configs: readonly [Config, Config],
  texts: AsyncIterable<string[]>,
): Promise<ModelComparison> {
  return withTwoModels(configs, (models) => run(models, texts));
}

async function run(models: TwoModels, texts: AsyncIterable<string[]>): Promise<ModelComparison> {
  const tally = new Tally();
  const watches = [new Stopwatch(), new Stopwatch()] as const;
  for await (const chunk of inTurns(texts)) {
    const first = await models.predict(0, chunk, watches[0]);
    const second = await models.predict(1, chunk, watches[1]);
    for (const [i, text] of chunk.entries()) tally.add(text, first[i] as Prediction, second[i] as Prediction);
  }
  if (tally.texts === 0)
    throw new KubesentimentError('KS_USAGE', 'There is no text to compare the models with.');
  const described = ([0, 1] as const).map((which): ComparedModel => {
    const { name, version, labels } = models.model(which);
    return { name, version, labels, textsPerSecond: watches[which].textsPerSecond };
  });
  return { models: described as [ComparedModel, ComparedModel], ...tally.result() };
}

class Tally {
  texts = 0;
  #agreed = 0;
  #compared = 0;
  #sum = 0;
  #max = 0;
  readonly #changes = new Map<string, { from: string; to: string; texts: number }>();
  readonly #furthest: Difference[] = [];

  add(text: string, first: Prediction, second: Prediction): void {
    this.texts++;
    if (first.label === second.label) this.#agreed++;
    else this.#change(first.label, second.label);
    const other = second.scores?.[first.label];
    const distance = other === undefined ? undefined : Math.abs(first.score - other);
    if (distance !== undefined) {
      this.#compared++;
      this.#sum += distance;
      this.#max = Math.max(this.#max, distance);
    }
    this.#keep({
      line: this.texts,
      labels: [first.label, second.label],
      scores: [first.score, second.score],
      distance: distance ?? 1,
      text,
    });
  }

  result(): Omit<ModelComparison, 'models'> {
    return {
      texts: this.texts,
      agreed: this.#agreed,
      distance: this.#compared === 0 ? undefined : { mean: this.#sum / this.#compared, max: this.#max },
      changes: [...this.#changes.values()].sort((a, b) => b.texts - a.texts),
      furthest: this.#furthest,
    };
  }

  #change(from: string, to: string): void {
    const key = JSON.stringify([from, to]);
    const change = this.#changes.get(key) ?? { from, to, texts: 0 };
    change.texts++;
    this.#changes.set(key, change);
  }

  #keep(difference: Difference): void {
    if (difference.distance === 0) return;
    const kept = this.#furthest;
    const last = kept.at(-1);
    if (kept.length === FURTHEST_MAX && last !== undefined && byDistance(last, difference) <= 0) return;
    kept.push(difference);
    kept.sort(byDistance);
    kept.length = Math.min(kept.length, FURTHEST_MAX);
  }
}

/** Changed labels first, then the greater distance. */
function byDistance(a: Difference, b: Difference): number {
  const isChange = ({ labels: [first, second] }: Difference): number => Number(first !== second);
  return isChange(b) - isChange(a) || b.distance - a.distance;
}
