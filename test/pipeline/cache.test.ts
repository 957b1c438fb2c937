/** Texts that come again are answered without the model: the same results, in the same order, each once. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { graphOf } from '../models/graphs.ts';
import { onnxModel } from '../models/onnx-writer.ts';
import { originOf } from './audit.ts';
import { first, Models, type Result, resultsOf, second, send, service } from './reload-rig.ts';
import {
  createBroker,
  faultsOf,
  Member,
  type MemberOptions,
  model,
  sendRequest,
  textOf,
  topics,
  until,
} from './rig.ts';
import type { FakeBroker } from './fake-broker.ts';

const REQUESTS = 300;
const PARTITIONS = 3;
const cached = { 'model.cache_bytes': 1 << 20 };

/** One after the other, so that what was sent before is known. */
async function inRounds(broker: FakeBroker, rounds: readonly (readonly string[])[]): Promise<void> {
  let sent = 0;
  for (const texts of rounds) {
    for (const [i, text] of texts.entries()) sendRequest(broker, i % PARTITIONS, text);
    sent += texts.length;
    await until('the round is answered', () => broker.audit.answered === sent);
  }
}

const texts = Array.from({ length: REQUESTS }, (_, i) => textOf(i));
const long = (number: number): string => Array.from({ length: 9 }, (_, i) => textOf(number + i)).join(' ');

interface Answer {
  readonly label: string;
  readonly score: number;
  readonly windows?: number;
}

function answersByText(broker: FakeBroker): Map<string, Answer[]> {
  const textAt = new Map(
    broker
      .all(topics.requests)
      .map(({ partition, offset, value }) => [`${partition}/${offset}`, JSON.parse(String(value)).text]),
  );
  const answers = new Map<string, Answer[]>();
  for (const record of broker.all(topics.results)) {
    const { partition, offset } = originOf(record);
    const text = textAt.get(`${partition}/${offset}`) as string;
    const { label, score, windows } = JSON.parse(String(record.value)) as Answer;
    answers.set(text, [...(answers.get(text) ?? []), { label, score, ...(windows && { windows }) }]);
  }
  return answers;
}

async function run(options: MemberOptions, rounds: readonly (readonly string[])[]) {
  const broker = createBroker(PARTITIONS);
  const member = new Member(broker, options).start();
  await inRounds(broker, rounds);
  await member.stop();
  assert.deepEqual(member.fatal, []);
  assert.equal(member.table.usedCount, 0);
  const rows = member.pool.batches.reduce((sum, count) => sum + count, 0);
  return { broker, rows, counters: member.counters };
}

test('a text that comes again has the same result, and does not go to the model', async () => {
  const { broker, rows, counters } = await run({ settings: cached }, [texts, texts, texts.slice(0, 30)]);
  assert.deepEqual(faultsOf(broker), []);
  assert.deepEqual(broker.audit.violations, []);
  assert.equal(rows, REQUESTS);
  assert.deepEqual([counters.cacheHits, counters.cacheMisses], [REQUESTS + 30, REQUESTS]);
  assert.equal(counters.messagesProcessed, 2 * REQUESTS + 30);
});

test('without cache_bytes every text goes to the model, and nothing is counted', async () => {
  const { broker, rows, counters } = await run({}, [texts, texts]);
  assert.deepEqual(faultsOf(broker), []);
  assert.deepEqual([rows, counters.cacheHits, counters.cacheMisses], [2 * REQUESTS, 0, 0]);
});

test('a text in windows is known as a whole', async () => {
  const some = Array.from({ length: 20 }, (_, i) => long(i));
  const options = { settings: cached, model: { ...model, windowOverlap: 4 } };
  const { broker, rows, counters } = await run(options, [some, some]);
  assert.deepEqual([counters.cacheHits, counters.cacheMisses], [20, 20]);
  assert.ok(rows > 40, 'each of them has several windows');
  const answers = answersByText(broker);
  assert.equal(answers.size, 20);
  for (const each of answers.values()) {
    assert.deepEqual([each.length, each[0]], [2, each[1]]);
    assert.ok((each[0]?.windows ?? 1) > 1);
  }
});

test('what the model fails on is not kept', async () => {
  const pool = { fault: () => 'nan' as const };
  const { broker, counters } = await run({ settings: cached, pool }, [texts.slice(0, 9), texts.slice(0, 9)]);
  assert.equal(broker.all(topics.deadLetters).length, 18);
  assert.deepEqual([counters.cacheHits, counters.cacheMisses], [0, 18]);
});

test('a small cache forgets texts, and answers none wrongly', async () => {
  const settings = { 'model.cache_bytes': 2_000 };
  const { broker, rows, counters } = await run({ settings }, [texts, texts]);
  assert.deepEqual(faultsOf(broker), []);
  assert.equal(rows, counters.cacheMisses);
  assert.ok(counters.cacheMisses > REQUESTS);
});

test('members that come and go in the middle lose and double nothing', async () => {
  const broker = createBroker(PARTITIONS);
  for (let i = 0; i < 600; i++) sendRequest(broker, i % PARTITIONS, textOf(i % 50));
  const options = { settings: cached, pool: { latencyMs: () => 2, threads: 1 } };
  let current = new Member(broker, options).start();
  for (const share of [60, 200, 400]) {
    await until(`${share} are done`, () => broker.audit.answered >= share);
    const next = new Member(broker, options).start();
    await current.stop();
    current = next;
  }
  await until('all is done', () => broker.audit.answered === 600);
  await current.stop();
  assert.deepEqual(faultsOf(broker), []);
});

test('after a reload nothing is answered with what the model before has said', async (t) => {
  const models = new Models(t);
  const versions = [models.write('a', first), models.write('b', second)];
  models.use('a');
  const broker = createBroker(1);
  const consumer = service(t, broker, models.link, { more: cached });
  await consumer.start();
  const { counters } = consumer.service.monitor;
  for (let round = 1; round <= 4; round++) {
    if (round === 3) {
      models.use('b');
      await consumer.service.modelReload.reload();
    }
    send(broker, 8);
    await until('the round is answered', () => broker.audit.answered === 8 * round);
    assert.deepEqual([counters.cacheHits, counters.cacheMisses], [8 * (round >> 1), 8 * ((round + 1) >> 1)]);
  }
  const [results] = resultsOf(broker) as [Result[]];
  for (const [i, { model_version, scores }] of results.entries()) {
    assert.equal(model_version, versions[i < 16 ? 0 : 1]);
    assert.deepEqual(scores, (results[i < 16 ? i % 8 : 16 + (i % 8)] as Result).scores);
  }
  const { body } = await consumer.service.monitor.metricsText(undefined);
  assert.match(body, /^sentiment_cache_hits_total\{[^}]*\} 16$/m);
  assert.match(body, /^sentiment_cache_misses_total\{[^}]*\} 16$/m);
});

test('a model whose scores depend on the batch is refused, at the start and by a reload', async (t) => {
  const models = new Models(t);
  const version = models.write('a', first);
  const graph = graphOf();
  const dynamic = { op: 'DynamicQuantizeLinear', inputs: ['sums'], outputs: ['steps', 'scale', 'zero'] };
  const model = onnxModel({ ...graph, nodes: [...graph.nodes, dynamic] });
  models.write('dynamic', { ...first, 'model.onnx': model });
  models.use('a');
  const broker = createBroker(1);
  const consumer = service(t, broker, models.link, { more: cached });
  await consumer.start();
  models.use('dynamic');
  const refused = { code: 'KS_CONFIG_INVALID', message: /cache_bytes.*quantized dynamically/ };
  await assert.rejects(consumer.service.modelReload.reload(), refused);
  assert.equal(consumer.service.monitor.build.modelVersion, version);
  await assert.rejects(service(t, createBroker(1), models.link, { more: cached }).start(), refused);
  await service(t, createBroker(1), models.link).start();
});
