/** Texts in windows among short ones: one answer each, the mean over the whole text, whatever happens to a window. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDecoder } from '../../src/predict/model-parts.ts';
import { SlotTable } from '../../src/slots.ts';
import { headerOf, originOf } from './audit.ts';
import { logitsOf } from './fake-pool.ts';
import { isPoisoned } from './poison.ts';
import {
  configOf,
  createBroker,
  deadLetterTypes,
  Member,
  type MemberOptions,
  model,
  sendRequest,
  textOf,
  tokensOf,
  topics,
  until,
} from './rig.ts';
import type { FakeBroker } from './fake-broker.ts';

const OVERLAP = 4;
const inWindows = { ...model, windowOverlap: OVERLAP };
const [CLS, , SEP] = tokensOf('poison') as [number, number, number];
const wholeTable = new SlotTable(1);
const whole = createDecoder(configOf(), { ...model, maxLength: 4096 }, wholeTable);

/** Every fifth one is long: up to 20 windows. */
function mixedText(number: number): string {
  return number % 5 === 0
    ? Array.from({ length: 1 + (number % 29) }, (_, i) => textOf(i)).join(' ')
    : textOf(number);
}

interface Expected {
  readonly windows: number | undefined;
  readonly score: number;
}

/** Cut and combined once more, from all tokens of the text. */
function expectedOf(text: string): Expected {
  whole.decodeTexts([text], Int32Array.of(0), 1);
  const body = Array.from(whole.tokens(0)).slice(1, -1);
  const room = model.maxLength - 2;
  const sums = [0, 0];
  let windows = 0;
  let tokens = 0;
  for (let covered = 0; covered < body.length; windows++) {
    const begin = Math.max(0, covered - OVERLAP);
    const end = Math.min(begin + room, body.length);
    const logits = logitsOf([CLS, ...body.slice(begin, end), SEP]);
    for (const i of [0, 1]) sums[i] = (sums[i] as number) + (logits[i] as number) * (end - begin);
    tokens += end - begin;
    covered = end;
  }
  const difference = Math.abs((sums[0] as number) - (sums[1] as number)) / tokens;
  return { windows: windows > 1 ? windows : undefined, score: 1 / (1 + Math.exp(-difference)) };
}

/** Each result is that of its own text, and every request has one answer. */
function assertAnswered(broker: FakeBroker, requests: number): void {
  assert.deepEqual(broker.audit.violations, []);
  assert.equal(broker.audit.answered, requests);
  const texts = new Map(
    broker.all(topics.requests).map(({ partition, offset, value }) => {
      const { text } = JSON.parse(String(value)) as { text: string };
      return [`${partition}/${offset}`, text];
    }),
  );
  for (const record of broker.all(topics.results)) {
    const { partition, offset } = originOf(record);
    const result = JSON.parse(String(record.value)) as Expected & { truncated: boolean };
    const expected = expectedOf(texts.get(`${partition}/${offset}`) as string);
    assert.equal(result.windows, expected.windows, `${partition}/${offset}`);
    assert.ok(Math.abs(result.score - expected.score) < 1e-4, `${partition}/${offset}`);
    assert.equal(result.truncated, false);
  }
}

function member(broker: FakeBroker, options: MemberOptions): Member {
  return new Member(broker, { model: inWindows, ...options }).start();
}

test('long texts among short ones: one result each, in order, and the model got no row twice', async () => {
  const broker = createBroker(3);
  for (let i = 0; i < 300; i++) sendRequest(broker, i % 3, mixedText(i));
  const one = member(broker, { settings: { 'kafka.buffer_size': 60 } });
  await until('all is done', () => broker.audit.answered === 300, 60_000);
  await one.stop();
  assertAnswered(broker, 300);
  assert.deepEqual(one.fatal, []);
  assert.equal(one.table.usedCount, 0);
  const rows = Array.from({ length: 300 }, (_, i) => expectedOf(mixedText(i)).windows ?? 1);
  assert.equal(
    one.pool.batches.reduce((sum, count) => sum + count, 0),
    rows.reduce((sum, count) => sum + count, 0),
  );
  assert.ok(one.counters.results.tokens.sum > 0);
});

test('a long text with one bad window is one dead letter; nothing else in its batches pays for it', async () => {
  const broker = createBroker(2);
  const bad = `${mixedText(55)} poison ${mixedText(25)}`;
  for (let i = 0; i < 100; i++) sendRequest(broker, i % 2, i === 40 || i === 41 ? bad : mixedText(i));
  const one = member(broker, {
    settings: { 'kafka.max_retries': 2 },
    pool: { fault: (rows) => (isPoisoned(rows) ? 'fail' : 'none') },
  });
  await until('all is done', () => broker.audit.answered === 100, 60_000);
  await one.stop();
  assertAnswered(broker, 100);
  assert.deepEqual(deadLetterTypes(broker), ['inference_failed', 'inference_failed']);
  for (const { headers } of broker.all(topics.deadLetters))
    assert.equal(headerOf(headers, 'x-attempts'), '3');
  assert.equal(one.table.usedCount, 0);
});

test('a batch that fails now and then changes no result', async () => {
  const broker = createBroker(2);
  for (let i = 0; i < 150; i++) sendRequest(broker, i % 2, mixedText(i));
  let batches = 0;
  const one = member(broker, {
    settings: { 'kafka.max_retries': 8 },
    pool: { fault: () => (batches++ % 3 === 0 ? 'fail' : 'none') },
  });
  await until('all is done', () => broker.audit.answered === 150, 60_000);
  await one.stop();
  assertAnswered(broker, 150);
  assert.equal(broker.all(topics.results).length, 150);
});

test('a window on which the model takes too long, or returns NaN, fails its text only', async () => {
  for (const [fault, type] of [
    ['hang', 'timeout'],
    ['nan', 'inference_failed'],
  ] as const) {
    const broker = createBroker(1);
    for (let i = 0; i < 40; i++) sendRequest(broker, 0, i === 5 ? `${mixedText(55)} poison` : mixedText(i));
    const one = member(broker, {
      settings: { 'kafka.max_retries': 1, 'kafka.batch_size': 1 },
      pool: { hangMs: 40, timeoutMs: 10, fault: (rows) => (isPoisoned(rows) ? fault : 'none') },
    });
    await until('all is done', () => broker.audit.answered === 40, 60_000);
    await one.stop();
    assertAnswered(broker, 40);
    assert.deepEqual(deadLetterTypes(broker), [type]);
  }
});

test('members that stop and join in the middle of long texts lose and double nothing', async () => {
  const broker = createBroker(4);
  for (let i = 0; i < 400; i++) sendRequest(broker, i % 4, mixedText(i));
  const options = { pool: { latencyMs: () => 3, threads: 1 } };
  const stopped: Member[] = [];
  let current = member(broker, options);
  for (const share of [40, 120, 200]) {
    await until(`${share} are done`, () => broker.audit.answered >= share, 60_000);
    const next = member(broker, options);
    await current.stop();
    stopped.push(current);
    current = next;
  }
  await until('all is done', () => broker.audit.answered === 400, 60_000);
  await current.stop();
  assertAnswered(broker, 400);
  for (const each of [...stopped, current]) assert.equal(each.table.usedCount, 0);
});

test('what is not done when the time to drain is over is processed again, with nothing of it left', async () => {
  const broker = createBroker(1);
  for (let i = 0; i < 60; i++) sendRequest(broker, 0, mixedText(i * 5));
  const slow = member(broker, {
    settings: { 'kafka.drain_timeout_ms': 1, 'kafka.batch_size': 4 },
    pool: { latencyMs: () => 20, threads: 1 },
  });
  await until('some are done', () => broker.audit.answered > 3, 60_000);
  await slow.rejoin();
  await until('all is done', () => broker.audit.answered === 60, 60_000);
  await slow.stop();
  assertAnswered(broker, 60);
  assert.deepEqual(slow.fatal, []);
  assert.equal(slow.table.usedCount, 0);
});
