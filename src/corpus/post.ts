import type { Mood, Scene } from './phrases.ts';
import type { Random } from './random.ts';
import { sentence, wordCount } from './sentence.ts';
import { closers, emoji, handleParts, hashtags, openers, shortenings } from './words-posts.ts';

const CHARACTERS_MAX = 280;

/** A short post of about `words` words: one to three sentences, then mentions, tags, emoji, and sloppy spelling. */
export function post(scene: Scene, mood: Mood | 'mixed', words: number): string {
  const { random } = scene;
  const tone = mood === 'mixed' ? 'neutral' : mood;
  const before: string[] = [];
  const after: string[] = [];
  if (random.chance(0.35)) before.push(handle(random));
  if (random.chance(0.25)) before.push(`${random.pick(openers[tone])}${random.chance(0.5) ? ',' : ''}`);
  if (random.chance(0.2)) after.push(random.pick(closers[tone]));
  if (random.chance(0.4)) after.push(someEmoji(random, tone));
  for (let share = 0.35; random.chance(share); share *= 0.6) {
    after.push(random.chance(0.5) ? random.pick(hashtags[tone]) : `#${scene.thing.replace(/\W/g, '')}`);
  }
  if (random.chance(0.08)) after.push(`https://example.com/${random.between(1e5, 1e9).toString(36)}`);
  const body: string[] = [];
  let missing = words - wordCount([...before, ...after].join(' '));
  do {
    const next = sentence(scene, mood, Math.max(4, Math.min(missing, random.between(5, 22))));
    body.push(next);
    missing -= wordCount(next);
  } while (missing > 4);
  const text = sloppy(random, body.join(' '));
  return cut([...before, text, ...after].join(' '));
}

function handle(random: Random): string {
  const name = random.pick(handleParts) + random.pick(['', '_']) + random.pick(handleParts);
  return `@${name}${random.chance(0.4) ? random.between(1, 2005) : ''}`;
}

function someEmoji(random: Random, tone: Mood): string {
  return random.pick(emoji[tone]).repeat(random.chance(0.25) ? random.between(2, 4) : 1);
}

/** Lower case, abbreviations, stretched words, missing full stops: each in some of the posts. */
function sloppy(random: Random, text: string): string {
  let result = text;
  if (random.chance(0.4)) result = result.toLowerCase();
  if (random.chance(0.25)) result = result.replace(/[\w']+/g, (word) => shortenings.get(word) ?? word);
  if (random.chance(0.15))
    result = result.replace(
      /\b(so|very|really|too)\b/,
      (word) => word + word.slice(-1).repeat(random.between(2, 5)),
    );
  if (random.chance(0.08)) result = result.replace(/\b[a-z]{5,}\b/, (word) => word.toUpperCase());
  const ending = random.next();
  if (ending < 0.45) return result.replace(/[.!]$/, '');
  return ending < 0.65 ? result.replace(/[.!]$/, '!'.repeat(random.between(1, 3))) : result;
}

/** Cuts at the last space that fits, so that no code point, such as an emoji, is cut in two. */
function cut(text: string): string {
  return text.length <= CHARACTERS_MAX ? text : text.slice(0, text.lastIndexOf(' ', CHARACTERS_MAX));
}
