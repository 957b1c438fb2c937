import { Random } from './random.ts';
import { createScene, type Mood } from './phrases.ts';
import { sentence, wordCount } from './sentence.ts';
import { post } from './post.ts';
import { criticTopics, everydayTopics } from './words-topics.ts';

/** `sst2`: single sentences of criticism · `tweets`: short posts · `reviews`: whole customer reviews. */
export const corpusStyles = ['sst2', 'tweets', 'reviews'] as const;
export type CorpusStyle = (typeof corpusStyles)[number];

export interface Corpus {
  /** The next text; the first 100,000 are pairwise different. */
  next(): string;
}

/**
 * English texts, generated from our own patterns and word lists, so that no data set is needed: positive, negative,
 * mixed and neutral, with the lengths and the skewed word frequencies of real texts. The same seed and style give the
 * same texts.
 *
 * Targets, in tokens of the uncased BERT vocabulary including the two special tokens: the 872 sentences of the SST-2
 * development set for `sst2` and 8,000 IMDB reviews for `reviews` (both were only measured; none of their text is in
 * here). No data set was available for `tweets`: chosen by hand, around 25 tokens and at most 280 characters. The
 * generated texts compared to the targets:
 *
 * | tokens        | mean  | sd    | p5 | p25 | p50 | p75 | p95 | p99  | bytes |
 * |---------------|-------|-------|----|-----|-----|-----|-----|------|-------|
 * | SST-2 dev     | 25.2  | 10.4  | 10 | 17  | 25  | 32  | 44  | 52   | 105   |
 * | `sst2`        | 25.1  | 10.5  | 10 | 16  | 25  | 32  | 44  | 51   | 106   |
 * | IMDB          | 286.8 | 209.6 | 78 | 158 | 217 | 346 | 718 | 1105 | 1254  |
 * | `reviews`     | 288.0 | 213.2 | 77 | 152 | 215 | 345 | 712 | 1068 | 1315  |
 * | `tweets`      | 25.3  | 10.8  | 11 | 17  | 24  | 31  | 46  | 58   | 98    |
 *
 * Word frequencies fall with rank 10…1000 as rank^-1.04 in SST-2 and rank^-1.05 here; the real set has more different
 * words (4,294 in 872 sentences, ours 2,436), and needs 1.14 tokens for a word where ours need 1.10.
 */
export function createCorpus(options: { readonly seed: number; readonly style: CorpusStyle }): Corpus {
  const random = new Random(options.seed);
  const write = writers[options.style];
  const seen = new Set<string>();
  return {
    next() {
      for (;;) {
        const text = write(random);
        // Only short texts ever repeat; remembering the others would only cost memory.
        if (text.length > 80) return text;
        if (seen.size === REMEMBERED_MAX) seen.clear();
        const before = seen.size;
        if (seen.add(text).size > before) return text;
      }
    },
  };
}

const REMEMBERED_MAX = 100_000;

/** Lengths at the percentiles 0, 1, 5, 10, 25, 50, 75, 90, 95, 99 and 100, in tokens. */
const shares = [0, 0.01, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99, 1];
const lengths: Record<CorpusStyle, readonly number[]> = {
  sst2: [4, 7, 10, 12, 17, 25, 32, 40, 44, 52, 55],
  tweets: [5, 7, 10, 13, 18, 25, 33, 41, 47, 60, 75],
  reviews: [14, 54, 78, 109, 158, 217, 346, 557, 718, 1105, 1414],
};

/** Words and punctuation marks per token in generated texts. */
const wordsPerToken: Record<CorpusStyle, number> = { sst2: 0.87, tweets: 0.86, reviews: 0.905 };

const writers: Record<CorpusStyle, (random: Random) => string> = {
  sst2: (random) =>
    sentence(createScene(random, random.pick(criticTopics)), drawMood(random), drawWords(random, 'sst2')),
  tweets: (random) =>
    post(createScene(random, random.pick(everydayTopics)), drawMood(random), drawWords(random, 'tweets')),
  reviews: (random) => review(random, drawMood(random), drawWords(random, 'reviews')),
};

/** One scene, described in many sentences. */
function review(random: Random, mood: Mood | 'mixed', words: number): string {
  const scene = createScene(random, random.pick(everydayTopics));
  const sentences: string[] = [];
  for (let missing = words; missing > 3 || sentences.length === 0; ) {
    const turn = random.next();
    const mine = turn < 0.15 ? 'neutral' : turn < 0.25 ? 'mixed' : mood;
    const next = sentence(scene, mine, Math.min(Math.max(missing, 4), random.between(6, 34)));
    sentences.push(next);
    missing -= wordCount(next);
  }
  return sentences.join(' ');
}

function drawMood(random: Random): Mood | 'mixed' {
  const share = random.next();
  return share < 0.42 ? 'positive' : share < 0.78 ? 'negative' : share < 0.9 ? 'mixed' : 'neutral';
}

/** A length in words that gives the token lengths of the table, by inverting a piecewise linear distribution. */
function drawWords(random: Random, style: CorpusStyle): number {
  const share = random.next();
  const upper = Math.max(
    1,
    shares.findIndex((edge) => edge > share),
  );
  const low = shares[upper - 1] as number;
  const part = (share - low) / ((shares[upper] as number) - low);
  const from = lengths[style][upper - 1] as number;
  const tokens = from + part * ((lengths[style][upper] as number) - from);
  return Math.round((tokens - 2) * wordsPerToken[style]);
}
