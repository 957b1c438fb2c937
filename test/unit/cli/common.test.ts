import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  collect,
  index,
  paint,
  printable,
  printableLines,
  seconds,
  table,
  terminalJson,
  wholeNumber,
} from '../../../src/cli/common.ts';

test('settings are collected; the value may hold more equals signs', () => {
  assert.deepEqual(collect('a.b=c=d', collect('x.y=')), { 'x.y': '', 'a.b': 'c=d' });
  for (const wrong of ['', '=x', 'abc']) assert.throws(() => collect(wrong), /section\.key=value/);
});

test('numbers are whole, and counts start at 1', () => {
  assert.equal(wholeNumber('12'), 12);
  assert.equal(index('0'), 0);
  for (const wrong of ['', '1.5', '-1', '1e3', '9'.repeat(16), ' 1']) {
    assert.throws(() => wholeNumber(wrong));
    assert.throws(() => index(wrong));
  }
  assert.throws(() => wholeNumber('0'));
});

test('numbers stand on the right, words on the left', () => {
  const text = table(
    ['n', 'word'],
    [
      [1, 'a'],
      [100, 'bcd'],
    ],
  );
  assert.equal(text, '  n  word\n  1  a\n100  bcd');
});

test('nothing from elsewhere can steer a terminal', () => {
  assert.equal(printable('a\u001b[2J\r\nb\u202ec\u2028'), 'a\ufffd[2J\ufffd\ufffdb\ufffdc\ufffd');
  assert.equal(printable('Grüße 👋'), 'Grüße 👋');
  assert.equal(printableLines('a\u009b1m\nb\u001b'), 'a\ufffd1m\nb\ufffd');
});

test('there is no colour where there is no terminal', () => {
  const isTTY = process.stdout.isTTY;
  try {
    process.stdout.isTTY = false;
    assert.equal(paint('red', 'x', {}), 'x');
    process.stdout.isTTY = true;
    assert.notEqual(paint('red', 'x', {}), 'x');
    assert.equal(paint('red', 'x', { NO_COLOR: '1' }), 'x');
    assert.equal(paint('red', 'x', { FORCE_COLOR: '0' }), 'x');
    process.stdout.isTTY = false;
    for (const forced of ['1', '']) {
      assert.equal(paint('red', 'x', { FORCE_COLOR: forced }), '\u001b[31mx\u001b[39m');
    }
  } finally {
    process.stdout.isTTY = isTTY;
  }
});

test('times are printed in the unit that fits', () => {
  assert.deepEqual([0.04, 59.9, 125, 7_260].map(seconds), ['0.0 s', '59.9 s', '2 min 5 s', '2 h 1 min']);
});

test('JSON for a terminal is the same JSON, and nothing in it is interpreted', () => {
  const value = { text: 'a\u001b[2J\u009b1m\u202ec\u2028\u{e0041}👩\u200d🚀é\n', list: [1, '\u0085'] };
  for (const indent of [undefined, 2]) {
    const json = terminalJson(value, indent);
    assert.deepEqual(JSON.parse(json), value);
    assert.doesNotMatch(json.replaceAll('\n', ''), /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
  }
  assert.match(terminalJson(value), /é/);
});
