import { app, gadget, hotel, journey, restaurant, shopping } from './words-topics-daily.ts';
import { book, film, game, music, series, stage } from './words-topics-arts.ts';

/** What a text is about. Lists begin with the common words. */
export interface Topic {
  /** Countable, singular: "this film". */
  readonly things: readonly string[];
  /** Singular with "the": "the acting was…". */
  readonly aspects: readonly string[];
  /** Plural with "the": "the characters are…". */
  readonly parts: readonly string[];
  /** Singular roles: "the director". */
  readonly people: readonly string[];
  /** Modifiers of a thing: "a romantic film". */
  readonly kinds: readonly string[];
  /** "beautifully acted". */
  readonly done: readonly string[];
  /** What the writer did with the thing, past tense: "I watched". */
  readonly used: readonly string[];
  /** It tells a story. */
  readonly told?: true;
}

/** The topics of film criticism, and those of everybody's posts and reviews. */
export const criticTopics: readonly Topic[] = [film, film, film, film, series, book, music, stage];
export const everydayTopics: readonly Topic[] = [
  film,
  series,
  book,
  music,
  game,
  restaurant,
  hotel,
  gadget,
  app,
  journey,
  shopping,
  stage,
];
