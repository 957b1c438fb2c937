/** A cascade whose batches fail and whose partitions move: every request once, in order, from the right model. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/corpus/random.ts';
import { createDecoder } from '../../src/predict/model-parts.ts';
import { SlotTable } from '../../src/slots.ts';
import { headerOf, originOf } from './audit.ts';
import type { FakeBroker } from './fake-broker.ts';
import { FakePool, logitsOf } from './fake-pool.ts';
import {
  configOf,
  createBroker,
  Member,
  model,
  sendRequests,
  textOf,
  topics,
  tokensOf,
  until,
} from './rig.ts';

const BELOW = 0.8;
/** Reads less of a text than the first, so that rows of the wrong one are noticed. */
const other = { ...model, maxLength: 12, name: 'other' };
const otherTable = new SlotTable(1);
const otherDecoder = createDecoder(configOf(), other, otherTable);

function otherTokensOf(text: string): number[] {
  otherDecoder.decodeTexts([text], Int32Array.of(0), 1);
  return Array.from(otherDecoder.tokens(0));
}

interface Answer {
  readonly stage: number;
  readonly score: number;
  readonly model: string;
}

const otherLogitsOf = (tokens: readonly number[]): [number, number] => logitsOf([...tokens, 1]);

function scoreOf([a, b]: readonly [number, number]): number {
  return 1 / (1 + Math.exp(-Math.abs(a - b)));
}

/** The stage and the score that a text must get. */
function expectedOf(text: string): readonly [number, number] {
  const score = scoreOf(logitsOf(tokensOf(text)));
  return score >= BELOW ? [1, score] : [2, scoreOf(otherLogitsOf(otherTokensOf(text)))];
}

function createMember(broker: FakeBroker, random: Random, failing = 0): Member {
  const faulty = {
    latencyMs: () => random.between(0, 6),
    fault: () => (random.chance(failing) ? ('fail' as const) : ('none' as const)),
  };
  return new Member(broker, {
    settings: { 'kafka.max_retries': 20 },
    pool: faulty,
    cascade: { below: BELOW, model: other, pool: new FakePool({ ...faulty, logitsOf: otherLogitsOf }) },
  });
}

function faultsOf(broker: FakeBroker): string[] {
  const faults = [...broker.audit.violations];
  const last = new Map<string, number>();
  const stages = new Set<number>();
  for (const record of broker.all(topics.results)) {
    const { partition, offset } = originOf(record);
    const request = broker
      .all(topics.requests)
      .find((each) => each.partition === partition && each.offset === offset);
    const { text } = JSON.parse(String(request?.value)) as { text: string };
    const { stage, score, model: name } = JSON.parse(String(record.value)) as Answer;
    const [wantedStage, wantedScore] = expectedOf(text);
    stages.add(stage);
    const isRight = stage === wantedStage && Math.abs(score - wantedScore) < 1e-4;
    if (!isRight || (stage === 2) !== (name === 'other'))
      faults.push(`${partition}/${offset}: ${stage} ${score}`);
    const way = `${partition} to ${record.partition}`;
    if (offset <= (last.get(way) ?? -1)) faults.push(`${way}: ${offset} is out of order`);
    last.set(way, offset);
  }
  if (stages.size !== 2) faults.push('only one model has answered');
  return faults;
}

test('batches of both models fail at random: every request once, from the right model', async () => {
  for (let seed = 0; seed < 6; seed++) {
    const random = new Random(seed);
    const broker = createBroker(3);
    sendRequests(broker, 300, () => (random.chance(0.1) ? random.between(1, 5) : 0));
    const member = createMember(broker, random, 0.05).start();
    await until('all are answered', () => broker.audit.answered === 300);
    await member.stop();
    assert.deepEqual([...member.fatal, ...faultsOf(broker)], [], `seed ${seed}`);
    assert.equal(broker.all(topics.results).length, 300);
    assert.equal(member.table.usedCount, 0);
  }
});

test('members come, go and die with messages between the models: nothing is lost or doubled', async () => {
  for (let seed = 10; seed < 14; seed++) {
    const random = new Random(seed);
    const broker = createBroker(4);
    const members = [createMember(broker, random).start()];
    sendRequests(broker, 400);
    for (let i = 0; i < 4; i++) {
      const before = broker.audit.answered;
      await until('it has gone on', () => broker.audit.answered > before || broker.audit.answered === 400);
      members.push(createMember(broker, random).start());
      const [leaving] = members.splice(random.between(0, members.length - 2), 1) as [Member];
      if (random.chance(0.5)) await leaving.kill();
      else await leaving.stop();
    }
    await until('all are answered', () => broker.audit.answered === 400);
    for (const member of members) await member.stop();
    assert.deepEqual([...members.flatMap(({ fatal }) => fatal), ...faultsOf(broker)], [], `seed ${seed}`);
    assert.equal(broker.all(topics.results).length, 400);
    for (const { table } of members) assert.equal(table.usedCount, 0);
  }
});

test('a text on which the second model fails is a dead letter, and takes no others with it', async () => {
  const broker = createBroker(2);
  sendRequests(broker, 200);
  const asked = Array.from({ length: 200 }, (_, i) => broker.all(topics.requests)[i]).filter((request) => {
    const { text } = JSON.parse(String(request?.value)) as { text: string };
    return expectedOf(text)[0] === 2;
  });
  const { text: bad } = JSON.parse(String(asked[3]?.value)) as { text: string };
  const poison = otherTokensOf(bad).join();
  const isPoisoned = (rows: readonly (readonly number[])[]) => rows.some((row) => row.join() === poison);
  const pool = new FakePool({
    logitsOf: otherLogitsOf,
    fault: (rows) => (isPoisoned(rows) ? 'fail' : 'none'),
  });
  const member = new Member(broker, {
    settings: { 'kafka.max_retries': 2 },
    cascade: { below: BELOW, model: other, pool },
  }).start();
  await until('all are answered', () => broker.audit.answered === 200);
  await member.stop();
  assert.deepEqual([...member.fatal, ...faultsOf(broker)], []);
  const letters = broker.all(topics.deadLetters);
  const same = asked.filter((request) => {
    const { text } = JSON.parse(String(request?.value)) as { text: string };
    return otherTokensOf(text).join() === poison;
  });
  assert.equal(letters.length, same.length);
  for (const { headers } of letters) {
    assert.equal(headerOf(headers, 'x-error-type'), 'inference_failed');
    assert.equal(headerOf(headers, 'x-attempts'), '3');
  }
});

test('what somebody writes into a retry topic is read by both models as its request topic says', async () => {
  const broker = createBroker(1);
  const retryTopic = 'requests-retry-1s';
  broker.createTopic(retryTopic, 1);
  const text = Array.from({ length: 50 }, (_, i) => textOf(i)).find((each) => expectedOf(each)[0] === 2);
  broker.request(retryTopic, { partition: 0, value: Buffer.from(text as string) });
  const member = new Member(broker, {
    settings: {
      'kafka.topics': JSON.stringify([{ topic: topics.requests, request: { format: 'text' } }]),
      'kafka.retry_topics': '1s',
    },
    cascade: { below: BELOW, model: other, pool: new FakePool({ logitsOf: otherLogitsOf }) },
  }).start();
  await until('it is answered', () => broker.audit.answered === 1);
  await member.stop();
  const [result] = broker.all(topics.results).map(({ value }) => JSON.parse(String(value)) as Answer);
  assert.deepEqual([member.fatal, result?.stage, result?.model], [[], 2, 'other']);
});
