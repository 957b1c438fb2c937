/** What the checker of a chaos run makes of canaries: right answers pass, and each kind of wrong one is found. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { CanaryFacts } from '../../chaos/canaries.ts';
import { CanaryAnswers, SLACK_MS } from '../../chaos/canary-answers.ts';
import { murmur3, placeOfKey } from '../../chaos/canary-keys.ts';
import { ModelLog } from '../../chaos/model-log.ts';
import { answerBy, canaryWeights, labelsOf, textOf, weightsOf } from '../../chaos/weights.ts';

const SHARE = 0.3;
const canary: CanaryFacts = { number: 1, version: 1, share: SHARE, isBad: false };
const keys = Array.from({ length: 100 }, (_, i) => Buffer.from(`user-${i}`));
const placeOf = (key: Buffer): number => placeOfKey({ topic: 'requests', partition: 0, offset: 0, key });
const chosen = keys.find((key) => placeOf(key) < SHARE) as Buffer;
const other = keys.find((key) => placeOf(key) >= SHARE) as Buffer;

/** A log of process 7, in which each line comes ten seconds after the one before it, from 10,000 on. */
function logOf(...lines: readonly object[]): ModelLog {
  const log = new ModelLog();
  for (const [i, line] of lines.entries())
    log.add(7, { ...line, time: new Date((i + 1) * 10_000).toISOString() });
  return log;
}

const started = { event: 'model_loaded', model: 'first-7' };
const loaded = { event: 'canary_loaded', model: 'canary-1-7' };
const used = { event: 'model_reloaded', model: 'first-7', ms: 100 };
const returned = { event: 'canary_returned', model: 'canary-1-7', reason: 'disagreement' };
/** There from 30,000 to 40,000. */
const trial = [started, loaded, used, returned];

function verdictOf(log: ModelLog, key: Buffer, model: string, sentAtMs: number, processedAtMs = sentAtMs) {
  const answers = new CanaryAnswers(new Map([[1, canary]]), (process) => log.erasOf(process));
  answers.addRequest({ topic: 'requests', partition: 0, offset: 0, key, timestamp: sentAtMs });
  answers.addResult({ model, processed_at: processedAtMs }, '0/0');
  const { outside, otherSide, notItsTime, certain } = answers.verdict();
  const found = { outside: outside.count, otherSide: otherSide.count, notItsTime: notItsTime.count };
  return { ...found, certain: certain.main + certain.canary };
}

const fine = { outside: 0, otherSide: 0, notItsTime: 0 };

test('while the share stands, each key has its model', () => {
  const log = logOf(...trial);
  assert.deepEqual(verdictOf(log, chosen, 'canary-1-7', 35_000), { ...fine, certain: 1 });
  assert.deepEqual(verdictOf(log, other, 'first-7', 35_000), { ...fine, certain: 1 });
  assert.deepEqual(verdictOf(log, other, 'canary-1-7', 35_000), { ...fine, outside: 1, certain: 0 });
  assert.deepEqual(verdictOf(log, chosen, 'first-7', 35_000), { ...fine, otherSide: 1, certain: 0 });
});

test('before it and after the return the canary answers nothing, and the model in use everything', () => {
  const log = logOf(...trial);
  for (const at of [30_000 - SLACK_MS - 1, 40_000 + SLACK_MS + 1]) {
    assert.equal(verdictOf(log, chosen, 'canary-1-7', at).notItsTime, 1);
    assert.deepEqual(verdictOf(log, chosen, 'first-7', at), { ...fine, certain: 0 });
  }
});

test('what was sent before a change and came out after it may be of either, and proves nothing', () => {
  const log = logOf(...trial);
  for (const model of ['canary-1-7', 'first-7'])
    assert.deepEqual(verdictOf(log, chosen, model, 39_000, 60_000), { ...fine, certain: 0 });
  assert.equal(verdictOf(log, other, 'canary-1-7', 39_000, 60_000).outside, 1);
});

test('a promoted canary answers all keys; one that was loaded and refused none', () => {
  const promoted = logOf(...trial.slice(0, 3), { event: 'model_reloaded', model: 'canary-1-7', ms: 1 });
  assert.deepEqual(verdictOf(promoted, other, 'canary-1-7', 45_000), { ...fine, certain: 0 });
  const refused = logOf(started, loaded, { event: 'model_refused', reason: 'for "this"' }, used);
  assert.equal(verdictOf(refused, chosen, 'canary-1-7', 45_000).notItsTime, 1);
  assert.deepEqual(refused.report().refused, { 'model_refused: for …': 1 });
});

test('another process knows nothing of it', () => {
  assert.equal(verdictOf(logOf(...trial), chosen, 'canary-1-8', 35_000).notItsTime, 1);
  assert.deepEqual(verdictOf(logOf(...trial), chosen, 'first', 35_000), { ...fine, certain: 0 });
});

test('the hash is MurmurHash3, of the key or of the place', () => {
  const known: readonly [string, bigint][] = [
    ['', 0n],
    ['test', 0xba6bd213n],
    ['Hello, world!', 0xc0363e43n],
    ['The quick brown fox jumps over the lazy dog', 0x2e4ff723n],
  ];
  for (const [text, hash] of known) assert.equal(murmur3(Buffer.from(text)), hash, text);
  const place = { topic: 'requests', partition: 3, offset: 14 };
  assert.equal(placeOfKey({ ...place, key: null }), placeOf(Buffer.from('requests-3-14')));
});

test('a good canary has the labels of the model in use and other scores, a bad one the other labels', () => {
  const labels = labelsOf(3);
  for (let number = 0; number < 200; number++) {
    const text = textOf(number);
    const first = answerBy(weightsOf(3, 'first'), labels, text);
    const good = answerBy(canaryWeights({ number: 5, version: 3, isBad: false }), labels, text);
    const bad = answerBy(canaryWeights({ number: 5, version: 3, isBad: true }), labels, text);
    assert.equal(good.label, first.label);
    if (first.score === 0.5) continue;
    assert.notEqual(bad.label, first.label);
    assert.ok(good.score > first.score, text);
  }
});
