import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../../src/corpus/random.ts';
import { grouped, type Span, without, wordsOf } from '../../../src/predict/words.ts';

const partsOf = (text: string): string[] => wordsOf(text).map(({ start, end }) => text.slice(start, end));

test('words, and what stands between them', () => {
  assert.deepEqual(partsOf("It isn't good!! :( At 3.5 $"), [
    'It',
    "isn't",
    'good',
    '!!',
    ':(',
    'At',
    '3.5',
    '$',
  ]);
  assert.deepEqual(partsOf('  so\n\tnice 👩‍👩‍👧😀'), ['so', 'nice', '👩‍👩‍👧😀']);
  assert.ok(partsOf('这部电影很好看').includes('电影')); // what else is a word differs among dictionaries
  assert.deepEqual(partsOf(' \n'), []);
  assert.deepEqual(partsOf(''), []);
});

test('whatever the text, its words are in order and have all of it but white space', () => {
  const random = new Random(7);
  const pieces = [
    'good',
    ' ',
    '\n',
    '!',
    '…',
    '\ud83d',
    '😀',
    'é',
    '\u0301',
    '中',
    '\u200d',
    '#',
    '9',
    '\u00a0',
    '\0',
  ];
  for (let round = 0; round < 500; round++) {
    const text = Array.from({ length: random.between(0, 12) }, () => random.pick(pieces)).join('');
    let at = 0;
    for (const { start, end } of wordsOf(text)) {
      assert.equal(text.slice(at, start).trim(), '', JSON.stringify(text));
      assert.ok(start < end);
      at = end;
    }
    assert.equal(text.slice(at).trim(), '', JSON.stringify(text));
  }
});

test('many words become groups of neighbours, of about the same size', () => {
  const words: Span[] = Array.from({ length: 10 }, (_, i) => ({ start: 3 * i, end: 3 * i + 2 }));
  assert.equal(grouped(words, 10), words);
  assert.deepEqual(grouped(words, 4), [
    { start: 0, end: 5 },
    { start: 6, end: 14 },
    { start: 15, end: 20 },
    { start: 21, end: 29 },
  ]);
});

test('a text without a word reads as if it had never had it', () => {
  const text = ' A fine,  film ';
  assert.deepEqual(
    wordsOf(text).map((word) => without(text, word)),
    [' fine,  film ', ' A ,  film ', ' A fine  film ', ' A fine,'],
  );
  assert.equal(without('word', { start: 0, end: 4 }), '');
});
