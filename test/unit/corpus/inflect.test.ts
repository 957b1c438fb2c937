import assert from 'node:assert/strict';
import { test } from 'node:test';
import { adverb, capitalized, past, plural, thirdPerson, withArticle } from '../../../src/corpus/inflect.ts';

function assertAll(
  inflect: (word: string) => string | undefined,
  cases: Record<string, string | undefined>,
): void {
  for (const [word, expected] of Object.entries(cases)) assert.equal(inflect(word), expected, word);
}

test('the article follows the sound, not the letter', () => {
  assertAll(withArticle, {
    film: 'a film',
    'honest film': 'an honest film',
    'hour-long talk': 'an hour-long talk',
    'uneven plot': 'an uneven plot',
    'useful app': 'a useful app',
    'uniform tone': 'a uniform tone',
    'one-liner': 'a one-liner',
    'European hotel': 'a European hotel',
    EP: 'an EP',
    '8-bit game': 'an 8-bit game',
  });
});

test('verbs: third person and past, the first word of a phrase only', () => {
  assertAll(thirdPerson, {
    watch: 'watches',
    carry: 'carries',
    play: 'plays',
    go: 'goes',
    'talk to': 'talks to',
  });
  assertAll(past, {
    charm: 'charmed',
    grip: 'gripped',
    move: 'moved',
    carry: 'carried',
    play: 'played',
    fix: 'fixed',
    'talk to': 'talked to',
  });
});

test('adverbs, where English has a regular one', () => {
  assertAll(adverb, {
    funny: 'funnily',
    beautiful: 'beautifully',
    terrible: 'terribly',
    fantastic: 'fantastically',
    tired: undefined,
    lovely: undefined,
    fast: undefined,
    stale: undefined,
    'well-made': undefined,
  });
});

test('plurals and capitals', () => {
  assertAll(plural, { film: 'films', story: 'stories', day: 'days', church: 'churches', fireman: 'firemen' });
  assertAll(capitalized, { 'the end': 'The end', '': '' });
});
