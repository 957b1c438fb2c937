import { adverb, plural, withArticle } from './inflect.ts';
import type { Random } from './random.ts';
import { blame, degrees, fair, looks, praise, surfaces, traits } from './words-adjectives.ts';
import { cities, givenNames, surnames } from './words-names.ts';
import { faults, objects, relatives, roles, themes, virtues } from './words-nouns.ts';
import { participles } from './words-verbs.ts';
import type { Topic } from './topic.ts';

export type Mood = 'positive' | 'negative' | 'neutral';

/** What stays the same throughout a text: who speaks about what. */
export interface Scene {
  readonly random: Random;
  readonly topic: Topic;
  /** The thing the text is about: "film". */
  readonly thing: string;
  /** Someone who had a hand in it: "Laura Keller". */
  readonly name: string;
}

export function createScene(random: Random, topic: Topic): Scene {
  return { random, topic, thing: random.word(topic.things, 3), name: fullName(random) };
}

function fullName(random: Random): string {
  return `${random.word(givenNames, 60)} ${random.word(surnames, 60)}`;
}

export function adjective({ random }: Scene, mood: Mood): string {
  if (mood === 'neutral') return random.word(looks, 20);
  return random.word(mood === 'positive' ? praise : blame, 30);
}

/** After "is": "very funny", "smart and often touching". */
export function judgement(scene: Scene, mood: Mood): string {
  const { random } = scene;
  if (mood === 'neutral') return random.word(fair, 6);
  const first = graded(scene, mood);
  const shape = random.next();
  if (shape < 0.6) return first;
  if (shape < 0.85) return `${first} and ${graded(scene, mood)}`;
  if (shape < 0.95) return `${adjective(scene, mood)}, ${adjective(scene, mood)} and ${graded(scene, mood)}`;
  return `as ${adjective(scene, mood)} as it is ${adjective(scene, mood)}`;
}

/** "funny", or "surprisingly funny". */
export function graded(scene: Scene, mood: Mood): string {
  const word = adjective(scene, mood);
  return scene.random.chance(0.3) ? `${scene.random.word(degrees, 6)} ${word}` : word;
}

/** "charming, often funny romantic comedy", without an article. `noun` defaults to the thing of the scene. */
export function described(scene: Scene, mood: Mood, noun = scene.thing): string {
  const { random, topic } = scene;
  const kind = random.chance(0.3) ? `${random.word(topic.kinds, 5)} ` : '';
  if (mood === 'neutral') return `${adjective(scene, mood)} ${kind}${noun}`;
  const second = random.chance(0.35) ? `${adjective(scene, mood)}${random.chance(0.5) ? ', ' : ' and '}` : '';
  return `${second}${graded(scene, mood)} ${kind}${noun}`;
}

/** A part of the thing with its verb: "the acting is", "the characters are". */
export function partIs(scene: Scene, tense: 'present' | 'past'): string {
  const { random, topic } = scene;
  if (random.chance(0.6)) return `the ${random.word(topic.aspects)} ${tense === 'present' ? 'is' : 'was'}`;
  return `the ${random.word(topic.parts)} ${tense === 'present' ? 'are' : 'were'}`;
}

/** "the acting", "the wonderful characters", "the plot and the clumsy dialogue". */
export function part(scene: Scene, mood: Mood): string {
  const { random, topic } = scene;
  const noun = random.word(random.chance(0.55) ? topic.aspects : topic.parts);
  return random.chance(0.5) ? `the ${noun}` : `the ${adjective(scene, mood)} ${noun}`;
}

/** What something is full of: "warmth", "dry wit and charm". */
export function quality({ random }: Scene, mood: Mood): string {
  const nouns = mood === 'negative' ? faults : virtues;
  const first = random.word(nouns, 12);
  return random.chance(0.3) ? `${first} and ${random.word(nouns, 12)}` : first;
}

/** "beautifully shot"; the adverb comes from a judging adjective, or is "well" or "badly". */
export function manner(scene: Scene, mood: Mood): string {
  const { random, topic } = scene;
  const done = random.word(random.chance(0.75) ? topic.done : participles, 5);
  const how = mood === 'neutral' ? undefined : adverb(adjective(scene, mood));
  if (how !== undefined) return `${how} ${done}`;
  return `${mood === 'negative' ? 'badly' : mood === 'positive' ? 'well' : 'mostly well'} ${done}`;
}

/** "a retired teacher", "two young nurses", "Igor Keller", "her brother". */
export function someone(scene: Scene): string {
  const { random } = scene;
  const shape = random.next();
  if (shape < 0.1) return fullName(random);
  if (shape < 0.25) return `${random.pick(['his', 'her', 'their'])} ${random.word(relatives, 10)}`;
  const role = random.word(roles, 80);
  if (shape < 0.35) return withArticle(role);
  const trait = random.word(traits, 30);
  return shape < 0.85 ? withArticle(`${trait} ${role}`) : `${random.pick(counts)} ${trait} ${plural(role)}`;
}

const counts = ['two', 'two', 'three', 'four', 'five', 'seven', 'a dozen'];

/** "an old suitcase", "a lighthouse". */
export function something({ random }: Scene): string {
  return withArticle(
    `${random.chance(0.6) ? `${random.word(surfaces, 30)} ` : ''}${random.word(objects, 100)}`,
  );
}

/** "love", "salt and silence". */
export function theme({ random }: Scene): string {
  const first = random.word(themes, 30);
  return random.chance(0.5) ? first : `${first} and ${random.word(themes, 30)}`;
}

/** A made-up title: "The Silent Lighthouse", "Salt and Roses". */
export function title({ random }: Scene): string {
  const shape = random.next();
  if (shape < 0.4) return headline(`the ${random.word(surfaces, 60)} ${random.word(objects, 80)}`);
  if (shape < 0.7) return headline(`${random.word(themes, 60)} and ${random.word(themes, 60)}`);
  return headline(`the ${random.word(roles, 80)} of ${random.word(cities, 60)}`);
}

function headline(words: string): string {
  return words.replace(
    /(^|[ -])(?!and |of )(\w)/g,
    (_, before: string, first: string) => before + first.toUpperCase(),
  );
}
