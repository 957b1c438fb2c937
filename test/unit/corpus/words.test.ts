import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adverb, past, plural, thirdPerson, withArticle } from '../../../src/corpus/inflect.ts';
import * as adjectives from '../../../src/corpus/words-adjectives.ts';
import * as names from '../../../src/corpus/words-names.ts';
import * as nouns from '../../../src/corpus/words-nouns.ts';
import * as posts from '../../../src/corpus/words-posts.ts';
import { criticTopics, everydayTopics } from '../../../src/corpus/words-topics.ts';
import * as verbs from '../../../src/corpus/words-verbs.ts';

const lists = Object.entries({ ...adjectives, ...names, ...nouns, ...verbs });
const topics = [...new Set([...criticTopics, ...everydayTopics])];

test('no list holds an entry twice or an empty one', () => {
  const ofTopics = topics.flatMap((topic) =>
    Object.values(topic).filter((value) => typeof value !== 'boolean'),
  );
  const ofPosts = [posts.emoji, posts.hashtags, posts.openers, posts.closers].flatMap((moods) =>
    Object.values(moods),
  );
  const all: (readonly string[])[] = [
    ...lists.map(([, list]) => list),
    ...ofTopics,
    ...ofPosts,
    posts.handleParts,
  ];
  for (const words of all) {
    assert.deepEqual([...new Set(words)], [...words]);
    assert.ok(words.every((word) => word.length > 0));
  }
});

test('nothing is praise and blame at once', () => {
  assert.deepEqual(
    adjectives.praise.filter((word) => adjectives.blame.includes(word)),
    [],
  );
});

test('the vocabulary has several thousand words', () => {
  const words = new Set(lists.flatMap(([, list]) => list).flatMap((entry) => entry.toLowerCase().split(' ')));
  for (const topic of topics) {
    for (const list of Object.values(topic)) {
      if (typeof list !== 'boolean')
        for (const entry of list) for (const word of entry.split(' ')) words.add(word);
    }
  }
  assert.ok(words.size > 3_000, String(words.size));
});

test('words are inflected as in English', () => {
  assert.deepEqual(['watch', 'talk to', 'marry', 'obey', 'amuse'].map(thirdPerson), [
    'watches',
    'talks to',
    'marries',
    'obeys',
    'amuses',
  ]);
  assert.deepEqual(['grip', 'amuse', 'marry', 'obey', 'search for', 'train'].map(past), [
    'gripped',
    'amused',
    'married',
    'obeyed',
    'searched for',
    'trained',
  ]);
  assert.deepEqual(['funny', 'subtle', 'poetic', 'stale', 'worn-out', 'dull', 'clumsy'].map(adverb), [
    'funnily',
    'subtly',
    'poetically',
    undefined,
    undefined,
    undefined,
    'clumsily',
  ]);
  assert.deepEqual(['fisherman', 'actress', 'spy', 'boy', 'witch'].map(plural), [
    'fishermen',
    'actresses',
    'spies',
    'boys',
    'witches',
  ]);
  assert.deepEqual(
    ['unique film', 'ugly one', 'uninspired end', 'honest man', 'European one', 'EP', '8-part show'].map(
      withArticle,
    ),
    [
      'a unique film',
      'an ugly one',
      'an uninspired end',
      'an honest man',
      'a European one',
      'an EP',
      'an 8-part show',
    ],
  );
});
