import { clause, effect, fact, fragment } from './clauses.ts';
import { capitalized, withArticle } from './inflect.ts';
import { adjective, described, judgement, type Mood, part, quality, type Scene, title } from './phrases.ts';
import { cities } from './words-names.ts';
import { places } from './words-nouns.ts';
import { afterthoughts, asides, audiences } from './words-verbs.ts';

/**
 * A sentence of about `words` words in the given mood; 'mixed' switches from one mood to the other with every clause.
 * It starts with a clause and grows by whatever still fits, each kind of addition at most once, until a tail ends it.
 */
export function sentence(scene: Scene, mood: Mood | 'mixed', words: number): string {
  const { random } = scene;
  let current: Mood = mood === 'mixed' ? random.pick(['positive', 'negative']) : mood;
  let text = nearest(words - 1, () => (words < 8 ? fragment(scene, current) : clause(scene, current)));
  let used = 0;
  for (;;) {
    const index = fitting(random.between(0, additions.length - 1), words - 1 - wordCount(text), used);
    if (index === -1) break;
    const addition = additions[index] as Addition;
    if (!addition.again) used |= 1 << index;
    if (addition.turns && mood === 'mixed') current = current === 'positive' ? 'negative' : 'positive';
    text += addition.text(scene, current, mood === 'mixed');
    if (addition.tail) break;
  }
  return `${capitalized(text)}${random.chance(0.06) ? '!' : '.'}`;
}

/** Words and punctuation marks, the unit of target lengths; a tokenizer makes about 1.1 tokens of each. */
export function wordCount(text: string): number {
  let count = 0;
  let inWord = false;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    const isWord = (code >= 97 && code <= 122) || (code >= 65 && code <= 90) || (code >= 48 && code <= 57);
    if (isWord ? !inWord : code !== 32) count++;
    inWord = isWord;
  }
  return count;
}

interface Addition {
  /** Fits if at least and at most this many words are missing. */
  readonly least: number;
  readonly most: number;
  /** A new clause, where a mixed text changes its mind. */
  readonly turns?: true;
  /** May be used several times in a sentence. */
  readonly again?: true;
  /** Nothing may follow it. */
  readonly tail?: true;
  text(scene: Scene, mood: Mood, mixed: boolean): string;
}

const additions: readonly Addition[] = [
  { least: 1, most: 3, tail: true, text: ({ random }) => ` ${random.pick(asides)}` },
  { least: 2, most: 4, tail: true, text: ({ random }) => `, ${random.pick(afterthoughts)}` },
  { least: 2, most: 6, text: (scene) => ` ${occasion(scene)}` },
  { least: 2, most: 6, text: ({ random }) => ` for ${random.pick(audiences)}` },
  {
    least: 3,
    most: 8,
    text: (scene, mood) => ` ${mood === 'negative' ? 'despite' : 'with'} ${part(scene, 'positive')}`,
  },
  { least: 4, most: 9, text: (scene) => `, like ${withArticle(described(scene, 'neutral'))}` },
  { least: 4, most: 10, text: (scene, mood) => ` -- ${judgement(scene, mood)}` },
  {
    least: 5,
    most: 12,
    text: (scene, mood) => `, full of ${quality(scene, mood)} and ${quality(scene, mood)}`,
  },
  { least: 5, most: 12, text: (scene, mood) => `, thanks to ${part(scene, mood)} and ${part(scene, mood)}` },
  {
    least: 5,
    most: 12,
    text: (scene, mood) => `, ${withArticle(described(scene, mood))} that ${effect(scene, mood)}`,
  },
  { least: 6, most: 14, text: (scene, mood) => `, and ${part(scene, mood)} ${effect(scene, mood, 'past')}` },
  { least: 6, most: 14, text: (scene) => `, somewhere between "${title(scene)}" and "${title(scene)}"` },
  { least: 8, most: 99, text: (scene) => `; ${fact(scene)}` },
  {
    least: 7,
    most: 99,
    again: true,
    turns: true,
    text: (scene, mood, mixed) => `${scene.random.pick(mixed ? contrasts : links)} ${clause(scene, mood)}`,
  },
];

const links = [
  ', and',
  ', and',
  ', and',
  ';',
  ';',
  ' --',
  ', and in the end',
  ', while',
  '; besides,',
  ', so',
];
const contrasts = [', but', ', but', ', yet', ', although', ', even if', '; still,', ', and yet', ', while'];

/** The first unused addition that fits the missing words, searching from `start` and wrapping around; -1 if none. */
function fitting(start: number, missing: number, used: number): number {
  for (let i = 0; i < additions.length; i++) {
    const index = (start + i) % additions.length;
    const { least, most } = additions[index] as Addition;
    if (missing >= least && missing <= most && (used & (1 << index)) === 0) return index;
  }
  return -1;
}

function occasion(scene: Scene): string {
  const { random } = scene;
  const shape = random.next();
  if (shape < 0.3) return random.word(places, 8);
  if (shape < 0.45) return `in ${random.word(cities, 40)}`;
  if (shape < 0.6)
    return `after ${random.between(2, 60)} ${random.pick(['minutes', 'days', 'weeks', 'pages', 'hours'])}`;
  if (shape < 0.75)
    return `even for ${withArticle(`${adjective(scene, 'neutral')} ${random.pick(scene.topic.things)}`)}`;
  return random.pick(manners);
}

const manners = [
  'from start to finish',
  'in every way',
  'on almost every level',
  'without ever trying',
  'in its own way',
  'for the most part',
  'from beginning to end',
];

/** The best of three tries by length; being too long counts three times. */
function nearest(words: number, make: () => string): string {
  let best = make();
  let bestDistance = distance(best, words);
  for (let i = 0; i < 2 && bestDistance > 3; i++) {
    const other = make();
    const otherDistance = distance(other, words);
    if (otherDistance < bestDistance) [best, bestDistance] = [other, otherDistance];
  }
  return best;
}

function distance(text: string, words: number): number {
  const missing = words - wordCount(text);
  return missing >= 0 ? missing : -3 * missing;
}
