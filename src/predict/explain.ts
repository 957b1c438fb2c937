import type { ExplainedWord, Explanation, ModelInfo, Prediction } from '../types.ts';
import { grouped, type Span, without, wordsOf } from './words.ts';

/** How a text is read: its tokens, whether it loses some, and in how many windows. */
export interface Reading {
  readonly ids: readonly number[];
  readonly isCut: boolean;
  readonly windows: number;
}

export interface ExplainParts {
  readonly model: ModelInfo;
  readonly read: (text: string) => Reading;
  readonly predict: (texts: readonly string[]) => Promise<Prediction[]>;
}

/** Texts that one explanation asks the model about, besides the text itself. */
const WORDS_MAX = 128;
/** A text in windows has fewer groups, so that they do not take many times as long. */
const ROWS_MAX = 1_024;
/** More than any model reads, and a bound for the time that finding the words takes. */
const CHARS_MAX = 32_768;
/** Words that show whether the beginning of a text is read. */
const FIRST_WORDS = 8;
/** Below these, nothing is left of a float32. */
const SHARE_MIN = 1e-38;
const REST_MIN = 2 ** -25;

/**
 * What each word contributes: the text is classified once more without it, and its weight is how much less then speaks
 * for the label that won, in log-odds. The score itself would not do: near 1 it hardly moves, whatever is left out.
 */
export async function explain(text: string, { model, read, predict }: ExplainParts): Promise<Prediction> {
  const { part, windows } = partRead(text, model, read);
  const shown = text.slice(part.start, part.end);
  const countMax = Math.min(WORDS_MAX, Math.floor(ROWS_MAX / windows));
  const words = grouped(wordsOf(shown), countMax);
  const answers = await predict([text, shown, ...words.map((word) => without(shown, word))]);
  const [prediction, base, ...others] = answers as [Prediction, Prediction, ...Prediction[]];
  const evidence = evidenceOf(model, winner(prediction));
  const explained = words.map((word, i): ExplainedWord => {
    const other = others[i] as Prediction;
    return {
      start: part.start + word.start,
      end: part.start + word.end,
      text: shown.slice(word.start, word.end),
      weight: evidence.of(base) - evidence.of(other),
      score: evidence.score(other),
    };
  });
  return {
    ...prediction,
    explanation: { label: evidence.label, unit: evidence.unit, ...part, words: explained },
  };
}

/** That of the best score, also where the text counts as uncertain. */
function winner({ scores = {} }: Prediction): string {
  const [first = '', ...others] = Object.keys(scores);
  return others.reduce(
    (best, label) => ((scores[label] as number) > (scores[best] as number) ? label : best),
    first,
  );
}

interface Evidence {
  readonly label: string;
  readonly unit: Explanation['unit'];
  of(prediction: Prediction): number;
  score(prediction: Prediction): number;
}

function evidenceOf({ head: { activation } }: ModelInfo, label: string): Evidence {
  const score = ({ scores }: Prediction): number => scores?.[label] as number;
  if (activation === 'none') return { label, unit: 'value', of: score, score };
  const rest = (prediction: Prediction): number => {
    if (activation === 'sigmoid') return Math.max(REST_MIN, 1 - score(prediction));
    // The sum of small numbers is exact where 1 - 0.99999… is not.
    const others = Object.entries(prediction.scores ?? {}).filter(([other]) => other !== label);
    return Math.max(
      SHARE_MIN,
      others.reduce((sum, [, share]) => sum + share, 0),
    );
  };
  const of = (prediction: Prediction): number =>
    Math.log(Math.max(SHARE_MIN, score(prediction))) - Math.log(rest(prediction));
  return { label, unit: 'log_odds', of, score };
}

/** What is read of a text that is too long: whole words from its beginning, or its end. */
function partRead(
  text: string,
  { truncationSide }: Pick<ModelInfo, 'truncationSide'>,
  read: ExplainParts['read'],
): { readonly part: Span; readonly windows: number } {
  const whole = text.length <= CHARS_MAX ? read(text) : undefined;
  if (whole?.isCut === false) return { part: { start: 0, end: text.length }, windows: whole.windows };
  const side = truncationSide ?? sideOf(text, read);
  const from = side === 'left' ? Math.max(0, text.length - CHARS_MAX) : 0;
  const words = wordsOf(text.slice(from, from + CHARS_MAX));
  const ofWords = (count: number): Span => {
    if (count === 0) return side === 'left' ? { start: text.length, end: text.length } : { start: 0, end: 0 };
    return side === 'left'
      ? { start: from + (words[words.length - count] as Span).start, end: text.length }
      : { start: 0, end: (words[count - 1] as Span).end };
  };
  const fits = (count: number): boolean => {
    const { start, end } = ofWords(count);
    return !read(text.slice(start, end)).isCut;
  };
  const part = ofWords(mostThatFit(words.length, fits));
  return { part, windows: read(text.slice(part.start, part.end)).windows };
}

/** Doubling first, so that nothing is read that is much longer than what fits. */
function mostThatFit(countMax: number, fits: (count: number) => boolean): number {
  let most = 0;
  let tooMany = 1;
  while (tooMany <= countMax && fits(tooMany)) {
    most = tooMany;
    tooMany *= 2;
  }
  tooMany = Math.min(tooMany, countMax + 1);
  while (tooMany - most > 1) {
    const middle = (most + tooMany) >> 1;
    if (fits(middle)) most = middle;
    else tooMany = middle;
  }
  return most;
}

/** Only the tokenizer knows where it cuts: what it reads begins like the text, or it does not. */
function sideOf(text: string, read: ExplainParts['read']): 'left' | 'right' {
  const words = wordsOf(text.slice(0, CHARS_MAX)).slice(0, FIRST_WORDS);
  const beginning = read(text.slice(0, words.at(-1)?.end)).ids;
  const { ids } = read(text);
  const differs = beginning.findIndex((id, i) => id !== ids[i]);
  // A special token at its end is none of the text's.
  return differs < 0 || 2 * differs >= beginning.length ? 'right' : 'left';
}
