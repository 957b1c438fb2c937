/** What the models of a run are made of, and what they say of a text by that: no code of the product. */
import type { Word } from '../models/tokenizer.ts';

/** The models of a version: the first is asked, and with a cascade the second where the first is not sure. */
export const stages = ['first', 'second'] as const;
export type Stage = (typeof stages)[number];
export type Weights = Readonly<Record<Word, readonly [number, number]>>;

const special = { '[PAD]': [3, -1], '[UNK]': [0, 0], '[CLS]': [0, 0], '[SEP]': [0, 0] } as const;
const spoken = ['good', 'bad', 'fine', 'dull'] as const;
const WORDS_MAX = 4;

/** What the words of a text add to the two logits, in one version. No two versions have the same. */
export function weightsOf(version: number, stage: Stage): Weights {
  const more = version / 16;
  return stage === 'first'
    ? { ...special, good: [-1, more], bad: [more, -1], fine: [-0.25, 0.5 + more], dull: [0.5 + more, 0] }
    : { ...special, good: [-2, more], bad: [more, -2], fine: [-1, 1 + more], dull: [1 + more, -0.5] };
}

/** As the first model of the version, but surer by a factor that no other canary has; a bad one says the opposite. */
export function canaryWeights({
  number,
  version,
  isBad,
}: {
  readonly number: number;
  readonly version: number;
  readonly isBad: boolean;
}): Weights {
  const factor = (isBad ? -1 : 1) * (1.25 + number / 64);
  const first = weightsOf(version, 'first');
  const times = (word: Word) => first[word].map((each) => each * factor) as [number, number];
  return {
    ...special,
    ...(Object.fromEntries(spoken.map((word) => [word, times(word)])) as object),
  } as Weights;
}

/** The labels say which version has answered. */
export function labelsOf(version: number): readonly [string, string] {
  return [`NEGATIVE-${version}`, `POSITIVE-${version}`];
}

/** The same texts again and again, and as many that come only once. */
export function textOf(number: number): string {
  const place = number >> 1;
  const count = (place % WORDS_MAX) + 1;
  const text = Array.from({ length: count }, (_, i) => spoken[(place >> (2 * i)) % spoken.length]).join(' ');
  return number % 2 === 0 ? text : `${text} ${number}`;
}

/** `canary`: `number` is that of the canary. */
export function placeOf(number: number, model: Stage | 'canary'): string {
  return `${number} ${model}`;
}

export function answerBy(
  weights: Weights,
  [negative, positive]: readonly [string, string],
  text: string,
): { readonly label: string; readonly score: number } {
  const logits = [0, 1].map((column) =>
    text.split(' ').reduce((sum, word) => sum + (weights[word as Word]?.[column] ?? 0), 0),
  ) as [number, number];
  const difference = logits[1] - logits[0];
  return { label: difference > 0 ? positive : negative, score: 1 / (1 + Math.exp(-Math.abs(difference))) };
}
