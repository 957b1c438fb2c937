import { past, thirdPerson, withArticle } from './inflect.ts';
import {
  adjective,
  described,
  graded,
  judgement,
  type Mood,
  manner,
  part,
  partIs,
  quality,
  type Scene,
  someone,
  something,
  theme,
  title,
} from './phrases.ts';
import { cities, months, weekdays } from './words-names.ts';
import { places } from './words-nouns.ts';
import {
  audiences,
  deeds,
  dislikings,
  displeases,
  fates,
  flops,
  likings,
  pleases,
  reports,
  thrives,
  urges,
  warnings,
} from './words-verbs.ts';

type Pattern = (scene: Scene, mood: Mood) => string;

/** A main clause in lower case, without a full stop. */
export function clause(scene: Scene, mood: Mood): string {
  return scene.random.pick(mood === 'neutral' ? telling : judging)(scene, mood);
}

/** A short fragment: "a sometimes tedious film", "utterly charming". */
export function fragment(scene: Scene, mood: Mood): string {
  return scene.random.pick(fragments)(scene, mood);
}

/** "delights us", "never bored me": said of a thing or a person, in the third person. */
export function effect({ random }: Scene, mood: Mood, tense: 'present' | 'past' = 'present'): string {
  const positive = mood !== 'negative';
  const negated = random.chance(0.12);
  const verb = random.word(positive === negated ? displeases : pleases, 10);
  const object = random.word(audiences, 3);
  if (tense === 'past') return `${negated ? 'never ' : ''}${past(verb)} ${object}`;
  return `${negated ? 'never ' : ''}${thirdPerson(verb)} ${object}`;
}

/** What happens in a story: "follows an old sailor who befriended two nurses on an island". */
function plot(scene: Scene): string {
  const { random } = scene;
  const head = random.pick([
    'is about',
    'follows',
    'tells the story of',
    'centres on',
    'introduces us to',
    'opens with',
  ]);
  if (random.chance(0.15)) return `${head} ${theme(scene)} ${random.word(places, 8)}`;
  const where = random.chance(0.3) ? ` ${random.word(places, 8)}` : '';
  return `${head} ${someone(scene)} who ${random.chance(0.6) ? deed(scene) : random.word(fates, 20)}${where}`;
}

/** A plain fact about the thing: its story if it has one, otherwise when it was used and with whom. */
export function fact(scene: Scene): string {
  const { random, topic, thing } = scene;
  if (topic.told && random.chance(0.75)) return `the ${thing} ${plot(scene)}`;
  return `we ${random.word(topic.used, 5)} this ${thing} ${when(scene)} with ${someone(scene)}`;
}

const opposite = { positive: 'negative', negative: 'positive', neutral: 'neutral' } as const;

const judging: readonly Pattern[] = [
  (s, m) => `${partIs(s, 'present')} ${judgement(s, m)}`,
  (s, m) => `${partIs(s, 'present')} ${judgement(s, m)}`,
  (s, m) => `${partIs(s, 'past')} ${judgement(s, m)}`,
  (s, m) => `it's ${withArticle(described(s, m))}`,
  (s, m) =>
    `${s.random.pick(['this is', 'what we get is', 'it was', "it's nothing but"])} ${withArticle(described(s, m))}`,
  (s, m) => `${subject(s)} ${s.random.word(m === 'positive' ? thrives : flops, 8)}`,
  (s, m) => `${subject(s)} ${effect(s, m, s.random.chance(0.3) ? 'past' : 'present')}`,
  (s, m) => `the ${s.random.word(s.topic.people, 5)} ${effect(s, m, 'past')}`,
  (s, m) => `${subject(s)} ${s.random.chance(0.7) ? 'is' : 'was'} ${manner(s, m)}`,
  (s, m) => `I ${s.random.word(s.topic.used, 5)} this ${s.thing} and ${felt(s, m)} ${part(s, m)}`,
  (s, m) => `I ${felt(s, m)} ${part(s, m)}`,
  (s, m) => `${s.random.pick(m === 'positive' ? offers : lacks)} ${quality(s, m)}`,
  (s, m) =>
    `${subject(s)} is ${s.random.pick(['full of', 'packed with', 'loaded with', 'defined by'])} ${quality(s, m)}`,
  (s, m) => `${s.name} ${s.random.pick(m === 'positive' ? gives : botches)} ${withArticle(described(s, m))}`,
  (s, m) =>
    `${partIs(s, 'present')} ${s.random.pick(['not', 'never', 'hardly', 'anything but'])} ${adjective(s, opposite[m])}`,
  (s, m) =>
    `I expected ${withArticle(described(s, opposite[m]))} and got ${withArticle(`${graded(s, m)} one`)}`,
  (s, m) => `you ${s.random.pick(m === 'positive' ? urges : warnings)}`,
];

const telling: readonly Pattern[] = [
  (s) => `${subject(s)} ${s.random.word(reports, 10)}`,
  (s) => (s.topic.told ? `${subject(s)} ${plot(s)}` : `it cost ${price(s)} ${when(s)}`),
  (s) => `I ${s.random.word(s.topic.used, 5)} this ${s.thing} ${when(s)}`,
  (s) => fact(s),
  (s, m) => `${partIs(s, 'present')} ${judgement(s, m)}`,
  (s) =>
    s.topic.told
      ? `there is a scene with ${something(s)} and ${someone(s)}`
      : `the ${s.thing} is in ${s.random.word(cities, 60)}`,
  (s) => `the ${s.random.word(s.topic.people, 5)} once worked with ${someone(s)}`,
  (s, m) =>
    `it's ${withArticle(described(s, m))} ${s.topic.told ? `about ${theme(s)}` : `from ${s.random.word(cities, 60)}`}`,
  (s) => `I am looking for ${withArticle(described(s, 'neutral'))} for ${someone(s)}`,
];

const gives = ['gives us', 'delivers', 'has made'];
const botches = ['serves up', 'gets stuck in', 'has turned out'];
const offers = [
  'there is so much',
  'there is plenty of',
  'there is real',
  'I found',
  'it has',
  'you can feel the',
  'it lives on its',
];
const lacks = [
  'there is nothing but',
  'all I found was',
  'it offers little more than',
  'it has too much',
  'it drowns in',
  'it suffers from',
];

const fragments: readonly Pattern[] = [
  (s, m) => graded(s, m),
  (s, m) => withArticle(described(s, m)),
  (s, m) => `${partIs(s, 'present')} ${m === 'neutral' ? judgement(s, m) : graded(s, m)}`,
  (s, m) => (m === 'neutral' ? fact(s) : `full of ${quality(s, m)}`),
  (s, m) => `${manner(s, m)}`,
  (s, m) => `not ${withArticle(described(s, opposite[m]))}`,
  (s, m) => (m === 'neutral' ? `${s.thing} ${when(s)}` : effect(s, m)),
  (s, m) => `${graded(s, m)} and ${graded(s, m)}`,
  (s, m) => `the ${adjective(s, m)} ${s.random.word(s.topic.parts)} of this ${s.thing}`,
];

/** "the film", "this film", "Keller's latest film", "The Silent Lighthouse". */
function subject(scene: Scene): string {
  const { random, thing, name } = scene;
  const shape = random.next();
  if (shape < 0.35) return `the ${thing}`;
  if (shape < 0.6) return `this ${thing}`;
  if (shape < 0.75) return 'it';
  if (shape < 0.9)
    return `${name.slice(name.indexOf(' ') + 1)}'s ${random.pick(['new', 'latest', 'first', 'second'])} ${thing}`;
  return title(scene);
}

/** What the writer felt, before its object: "was moved by". */
function felt({ random }: Scene, mood: Mood): string {
  return random.pick(mood === 'positive' ? likings : dislikings);
}

function deed(scene: Scene): string {
  const { random } = scene;
  const object = random.chance(0.75) ? someone(scene) : `${someone(scene)} and found ${something(scene)}`;
  return `${past(random.word(deeds, 20))} ${object}`;
}

function when({ random }: Scene): string {
  const shape = random.next();
  if (shape < 0.25) return `on ${random.pick(weekdays)}`;
  if (shape < 0.5) return `in ${random.pick(months)}`;
  if (shape < 0.75)
    return `${random.between(2, 11)} ${random.pick(['days', 'weeks', 'months', 'years'])} ago`;
  return random.pick([
    'last night',
    'yesterday',
    'this morning',
    'last weekend',
    'a while ago',
    'again',
    'for the first time',
  ]);
}

function price({ random }: Scene): string {
  if (random.chance(0.6)) return `$${random.between(3, 99)}`;
  return `$${random.between(1, 19)}.${random.pick(['99', '50', '49', '95'])}`;
}
