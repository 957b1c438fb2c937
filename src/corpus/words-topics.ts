import type { Topic } from './topic.ts';
import { app, gadget, hotel, journey, restaurant, shopping } from './words-topics-daily.ts';
import { book, film, game, music, series, stage } from './words-topics-arts.ts';

/** The topics of film criticism, and those of everyday posts and reviews. */
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
