import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { type CorpusStyle, corpusStyles, createCorpus } from '../../../src/corpus/corpus.ts';

/** WordPiece as in the model's vocabulary, for plain ASCII texts: enough to count tokens. */
const vocabulary = new Set(
  readFileSync(new URL('../../../../models/accurate/vocab.txt', import.meta.url), 'utf8').split('\n'),
);

function texts(style: CorpusStyle, count: number, seed = 1): string[] {
  const corpus = createCorpus({ seed, style });
  return Array.from({ length: count }, () => corpus.next());
}

function tokenCount(text: string): number {
  let count = 2;
  for (const word of text.toLowerCase().match(/[a-z0-9]+|[^\sa-z0-9]/g) ?? []) {
    for (let start = 0; start < word.length; count++) {
      let end = word.length;
      while (end > start + 1 && !vocabulary.has((start > 0 ? '##' : '') + word.slice(start, end))) end--;
      start = end;
    }
  }
  return count;
}

function lengths(style: CorpusStyle, count: number): { mean: number; sd: number; at(share: number): number } {
  const counts = texts(style, count)
    .map(tokenCount)
    .sort((a, b) => a - b);
  const mean = counts.reduce((sum, tokens) => sum + tokens, 0) / count;
  const sd = Math.sqrt(counts.reduce((sum, tokens) => sum + (tokens - mean) ** 2, 0) / count);
  return { mean, sd, at: (share) => counts[Math.floor(share * count)] as number };
}

function near(actual: number, wanted: number, tolerance: number): void {
  assert.ok(Math.abs(actual - wanted) <= tolerance, `${actual} is not within ${tolerance} of ${wanted}`);
}

test('the same seed gives the same texts, another seed gives others', () => {
  for (const style of corpusStyles) {
    assert.deepEqual(texts(style, 50, 7), texts(style, 50, 7));
    const other = new Set(texts(style, 50, 8));
    assert.ok(texts(style, 50, 7).every((text) => !other.has(text)));
  }
});

test('50,000 texts are pairwise different', () => {
  assert.equal(new Set(texts('sst2', 50_000, 3)).size, 50_000);
  assert.equal(new Set(texts('tweets', 50_000, 3)).size, 50_000);
  assert.equal(new Set(texts('reviews', 5_000, 3)).size, 5_000);
});

test('sst2: as many tokens as the sentences of SST-2', () => {
  const { mean, sd, at } = lengths('sst2', 5_000);
  near(mean, 25.16, 1);
  near(sd, 10.37, 1);
  for (const [share, tokens] of [
    [0.05, 10],
    [0.25, 17],
    [0.5, 25],
    [0.75, 32],
    [0.95, 44],
    [0.99, 52],
  ] as const) {
    near(at(share), tokens, 2);
  }
});

test('reviews: as many tokens as the reviews of IMDB', () => {
  const { mean, sd, at } = lengths('reviews', 2_000);
  near(mean, 286.8, 20);
  near(sd, 209.6, 25);
  for (const [share, tokens] of [
    [0.05, 78],
    [0.5, 217],
    [0.95, 718],
  ] as const)
    near(at(share), tokens, 0.1 * tokens);
});

test('tweets: at most 280 characters, with what posts have', () => {
  const posts = texts('tweets', 5_000);
  assert.ok(posts.every((post) => post.length <= 280 && !/\p{Surrogate}/u.test(post)));
  for (const sign of [/@\w+/, /#\w+/, /\p{Extended_Pictographic}/u, /!!/, /\bu\b/, /https:/]) {
    const share = posts.filter((post) => sign.test(post)).length / posts.length;
    assert.ok(share > 0.005 && share < 0.6, `${sign}: ${share}`);
  }
});

test('word frequencies fall with their rank by a power law near -1, as in real texts', () => {
  const counts = new Map<string, number>();
  let total = 0;
  for (const text of texts('sst2', 20_000)) {
    for (const word of text.toLowerCase().match(/[a-z']+/g) ?? []) {
      counts.set(word, (counts.get(word) ?? 0) + 1);
      total++;
    }
  }
  const ranked = [...counts.values()].sort((a, b) => b - a);
  const points: [number, number][] = [];
  for (let rank = 10; rank <= 1000; rank *= 1.3) {
    points.push([Math.log(rank), Math.log(ranked[Math.floor(rank) - 1] as number)]);
  }
  near(slope(points), -1.04, 0.1);
  assert.ok(counts.size > 4_000, `${counts.size} different words`);
  near((counts.get('the') ?? 0) / total, 0.055, 0.025);
});

test('texts are clean English on the surface', () => {
  for (const style of corpusStyles) {
    for (const text of texts(style, 2_000, 5)) {
      assert.doesNotMatch(text, /undefined|NaN|\bnull\b|\[object|\s{2}|^\s|\s$| [,.;:]|,,|\.\./);
      assert.doesNotMatch(text, /\ba (?!one|eu|u)[aeiou]/, 'a before a vowel');
      assert.doesNotMatch(text, /\ban (?!hour|honest|honour|8|11\b|18\b)[^aeiou]/i, 'an before a consonant');
      if (style !== 'tweets') assert.match(text, /^[A-Z"].*[.!]$/s);
    }
  }
});

test('every mood comes up', () => {
  const all = texts('sst2', 3_000).join(' ');
  for (const word of ['great', 'terrible', 'but', 'average', 'never', 'follows'])
    assert.match(all, new RegExp(`\\b${word}\\b`));
});

function slope(points: readonly (readonly [number, number])[]): number {
  const mean = (axis: 0 | 1) => points.reduce((sum, point) => sum + point[axis], 0) / points.length;
  const [x, y] = [mean(0), mean(1)];
  return (
    points.reduce((sum, point) => sum + (point[0] - x) * (point[1] - y), 0) /
    points.reduce((sum, point) => sum + (point[0] - x) ** 2, 0)
  );
}
