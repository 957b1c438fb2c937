import assert from 'node:assert/strict';
import { test } from 'node:test';
import { COMMON_PATTERN, coversTopic, matchedTopics, patternOf } from '../../src/topic-patterns.ts';

test('patterns that POSIX and JavaScript read in the same way are taken, others are not', () => {
  const same = ['^a', '^a.*$', '^(a|b)-[0-9]{2}$', '^[^a-c._-]+', '^a\\.b{1,}', '^(ab?)+|x'];
  const others = [
    'a',
    '^\\d',
    '^\\w+',
    '^(?:a)',
    '^a*?',
    '^a++',
    '^[\\.]',
    '^[[:alpha:]]',
    '^[]a]',
    '^*',
    '^a{a}',
    '^ä',
    '^^',
  ];
  for (const pattern of same) assert.match(pattern, COMMON_PATTERN);
  for (const pattern of others) assert.doesNotMatch(pattern, COMMON_PATTERN);
});

test('a name is only itself, a pattern is what it matches', () => {
  const entries = ['a.b', '^tickets-'];
  const existing = ['tickets-eu', 'axb', 'tickets-as', 'my-tickets-eu', 'a.b'];
  assert.deepEqual(matchedTopics(entries, existing), ['a.b', 'tickets-as', 'tickets-eu']);
  assert.ok(!coversTopic(entries, 'axb'));
});

test('the pattern of a topic matches no other', () => {
  assert.ok(coversTopic([patternOf('a.b')], 'a.b'));
  for (const other of ['axb', 'a.bc', 'aa.b']) assert.ok(!coversTopic([patternOf('a.b')], other));
});
