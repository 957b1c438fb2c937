/** The parts of a measurement that can be wrong without anybody noticing. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Backlog } from '../../../src/bench/backlog.ts';
import { chartHtml, ticksUpTo } from '../../../src/bench/html-chart.ts';
import { payloadTexts, requestTemplates } from '../../../src/bench/payload.ts';
import { parseParameter } from '../../../src/bench/sweep.ts';
import { temporaryFile } from '../../helpers/command.ts';

test('a request is valid JSON with the id and the intended send time, whatever the text', () => {
  const texts = ['plain', 'with "timestamp":0 and ","text" inside', 'back\\slash and\nline', '☃ {"a":1}'];
  for (const [i, template] of requestTemplates(texts).entries()) {
    const request = JSON.parse(String(template.fill(`m${i}`, 1_790_000_000_123)));
    assert.equal(request.id, `m${i}`);
    assert.equal(request.text, texts[i]);
    assert.equal(request.timestamp, 1_790_000_000_123);
  }
});

test('a payload is a style, a file of texts or a file of JSON lines, again from the start', (t) => {
  assert.equal(new Set(payloadTexts('tweets-like', 50)).size, 50);
  const file = temporaryFile(t, 'texts', 'one\n\n{"text":"two"}\n{no json\n');
  assert.deepEqual(payloadTexts(file, 4), ['one', 'two', '{no json', 'one']);
  assert.throws(() => payloadTexts('haiku-like', 1), { code: 'KS_USAGE', message: /haiku-like/ });
  assert.throws(() => payloadTexts(temporaryFile(t, 'empty', '\n'), 1), { code: 'KS_USAGE' });
});

test('a parameter is named with or without its section; a misspelled one is answered with the right one', () => {
  assert.deepEqual(parseParameter('batch_size=50, 100'), { key: 'kafka.batch_size', values: ['50', '100'] });
  assert.deepEqual(parseParameter('model.max_threads=1'), { key: 'model.max_threads', values: ['1'] });
  assert.throws(() => parseParameter('batch_sise=1'), { code: 'KS_USAGE', remedy: /batch_size/ });
  for (const text of ['batch_size', 'batch_size=', '=1']) {
    assert.throws(() => parseParameter(text), { code: 'KS_USAGE' }, text);
  }
});

test('at saturation as much waits as is done in two seconds, within limits', () => {
  const backlog = new Backlog(50_000);
  assert.equal(backlog.messages(0, 0), 2_000);
  assert.equal(backlog.messages(5_000, 1_000), 10_000);
  assert.equal(backlog.messages(5_500, 1_500), 10_000, 'not before a second is over');
  assert.equal(backlog.messages(205_000, 2_000), 50_000);
  assert.equal(backlog.messages(205_000, 3_000), 2_000);
  assert.equal(new Backlog(500).messages(0, 0), 500);
});

test('ticks are round numbers from 0 to beyond the most', () => {
  assert.deepEqual(ticksUpTo(0), [0, 1]);
  assert.deepEqual(ticksUpTo(10), [0, 2, 4, 6, 8, 10]);
  assert.deepEqual(ticksUpTo(4_300), [0, 1_000, 2_000, 3_000, 4_000, 5_000]);
  assert.deepEqual(ticksUpTo(0.3), [0, 0.1, 0.2, 0.3]);
});

test('a chart breaks its line where nothing was measured, and no name gets out of its place', () => {
  const html = chartHtml({
    title: '</script><b>',
    unit: 'ms',
    x: [1, 2, 3, 4, 5],
    xTitle: 's',
    lines: [{ name: '</script>', values: [1, 2, null, 3, 4] }],
  });
  assert.equal(html.match(/<polyline/g)?.length, 2);
  assert.equal(html.match(/<\/script>/g)?.length, 1);
  assert.ok(!html.includes('<b>'));
});
