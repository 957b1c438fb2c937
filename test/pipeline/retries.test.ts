/** Messages that fail in a way that can pass wait in retry topics, and nobody waits for them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { Random } from '../../src/corpus/random.ts';
import { headerOf, originOf } from './audit.ts';
import type { FakeBroker } from './fake-broker.ts';
import { isPoisoned } from './poison.ts';
import {
  answeredOrBroken,
  createBroker,
  faultsOf,
  Member,
  type MemberOptions,
  sendRequest,
  sendRequests,
  textOf,
  topics,
  until,
} from './rig.ts';

const first = 'requests-retry-1s';
const second = 'requests-retry-2s';

test('a message that fails is put off while the others go on, and then has its result', async () => {
  const broker = createBroker(2);
  broker.createTopic(first, 2);
  for (let i = 0; i < 40; i++) sendRequest(broker, i % 2, i === 7 ? 'a poison' : textOf(i));
  broker.request(topics.requests, {
    partition: 1,
    key: Buffer.from('k'),
    value: Buffer.from(JSON.stringify({ id: 'p', text: 'the other poison' })),
    headers: [{ trace: Buffer.from('t') }, { trace: Buffer.from('u') }],
  });
  let isBroken = true;
  const member = new Member(broker, {
    settings: { 'kafka.retry_topics': '1s', 'kafka.max_retries': 1 },
    pool: { fault: (rows) => (isBroken && isPoisoned(rows) ? 'fail' : 'none') },
  }).start();
  await until('all is committed', () => broker.committed({ topic: topics.requests, partition: 1 }) === 21);
  const waiting = broker.all(first);
  assert.deepEqual(waiting.map(originOf), [
    { partition: 1, offset: 3 },
    { partition: 1, offset: 20 },
  ]);
  assert.equal(broker.all(topics.deadLetters).length, 0);
  assert.equal(String(waiting[1]?.key), 'k');
  isBroken = false;
  await until('all is done', () => broker.audit.answered === 41);
  await until('the retry topic is done', () => broker.committed({ topic: first, partition: 1 }) === 2);
  await member.stop();

  assert.deepEqual(faultsOf(broker), []);
  assert.equal(broker.all(topics.deadLetters).length, 0);
  const late = broker.all(topics.results).filter(({ headers }) => headerOf(headers, 'x-retry-count') === '1');
  const value = JSON.parse(String(late.find(({ key }) => String(key) === 'k')?.value)) as Record<
    string,
    unknown
  >;
  assert.deepEqual(value['source'], { topic: 'requests', partition: 1, offset: 20 });
  assert.deepEqual([value['id'], value['attempts']], ['p', 3]);
  const names = late.find(({ key }) => String(key) === 'k')?.headers.flatMap((header) => Object.keys(header));
  assert.deepEqual(names, ['trace', 'trace', 'x-retry-count', 'x-consumer-group']);
  assert.deepEqual([...member.counters.putOffByDelay], [['1s', 2]]);
  assert.equal(member.counters.messagesProcessed, 41);
  assert.equal(member.counters.messagesFailed, 0);
});

test('a message that fails after every delay becomes a dead letter', async () => {
  const broker = createBroker(1);
  broker.createTopic(first, 1);
  broker.createTopic(second, 1);
  for (let i = 0; i < 10; i++) sendRequest(broker, 0, i === 5 ? 'poison' : textOf(i));
  sendInvalid(broker);
  const member = startMember(broker, { pool: { fault: (rows) => (isPoisoned(rows) ? 'fail' : 'none') } });
  await until('all is done', () => broker.audit.answered === 11);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.deepEqual([broker.all(first).length, broker.all(second).length], [1, 1]);
  const [invalid, letter] = broker.all(topics.deadLetters);
  assert.equal(headerOf(invalid?.headers ?? [], 'x-error-type'), 'invalid_json');
  assert.equal(headerOf(invalid?.headers ?? [], 'x-retry-count'), undefined);
  const said = (name: string): string | undefined => headerOf(letter?.headers ?? [], name);
  assert.deepEqual(
    [said('x-error-type'), said('x-attempts'), said('x-retry-count'), said('kafka_dlt-original-topic')],
    ['inference_failed', '3', '2', 'requests'],
  );
  const due = Date.parse(headerOf(broker.all(first)[0]?.headers ?? [], 'x-retry-due-at') ?? '');
  assert.equal(Date.parse(said('x-first-failed-at') ?? ''), due - 1_000);
  assert.equal(said('x-retry-due-at'), undefined);
});

test('a process that dies while messages wait loses and doubles none', async () => {
  const broker = createBroker(2);
  broker.createTopic(first, 2);
  broker.createTopic(second, 2);
  sendRequests(broker, 60);
  for (let i = 0; i < 20; i++) sendRequest(broker, i % 2, `poison ${i}`);
  let failures = 0;
  const fault = (rows: readonly (readonly number[])[]) =>
    isPoisoned(rows) && rows.length === 1 && failures++ < 45
      ? 'fail'
      : isPoisoned(rows) && rows.length > 1
        ? 'fail'
        : 'none';
  const one = startMember(broker, { pool: { fault } });
  await until('some wait', () => broker.all(first).length >= 10);
  await one.kill();
  const two = startMember(broker, { pool: { fault } });
  await until('some have waited', () => broker.all(second).length >= 5);
  await two.rejoin();
  await until('all is done', () => broker.audit.answered === 80 || broker.audit.violations.length > 0);
  await two.stop();
  assert.deepEqual(faultsOf(broker), []);
});

test('transactions that fail, members that come, go and die: every request once, late or not', async () => {
  const found = await Promise.all(Array.from({ length: 3 }, (_, seed) => runWithFaults(seed)));
  assert.deepEqual(found.flat(), []);
});

const REQUESTS = 100;

test('at_least_once: members that come, go and die lose none', async () => {
  const found = await runWithFaults(4, 'at_least_once');
  assert.deepEqual(
    found.filter((fault) => !fault.endsWith('is out of order')),
    [],
  );
});

async function runWithFaults(seed: number, delivery = 'exactly_once'): Promise<string[]> {
  const random = new Random(seed);
  const broker = createBroker(3, delivery === 'exactly_once');
  broker.createTopic(first, 2);
  broker.createTopic(second, 3);
  sendRequests(broker, REQUESTS, () => (random.chance(0.1) ? random.between(1, 5) : 0));
  const start = (): Member =>
    startMember(broker, {
      settings: { 'kafka.delivery': delivery },
      faults: (call) => (call !== 'abort' && random.chance(0.03) ? 'abort' : 'none'),
      latencyMs: () => random.between(0, 3),
      rewind: () => (random.chance(0.1) ? random.between(1, 10) : 0),
      pool: {
        latencyMs: () => random.between(0, 8),
        fault: (rows) => (random.chance(rows.length > 1 ? 0.7 : 0.4) ? 'fail' : 'none'),
      },
    });
  let members = [start(), start()];
  const isOver = () => broker.audit.answered === REQUESTS || broker.audit.violations.length > 0;
  for (let step = 0; step < 8 && !isOver(); step++) {
    await sleep(random.between(50, 500));
    const member = members[random.between(0, 1)] as Member;
    if (random.chance(0.3)) await member.rejoin();
    else if (random.chance(0.5)) await member.stop();
    else await member.kill();
    if (member.session.state === 'closed' || member.producer.isDead)
      members = members.map((each) => (each === member ? start() : each));
  }
  const stall = await answeredOrBroken(broker, REQUESTS, members);
  await Promise.all(members.map((member) => member.stop()));
  const fatal = members.flatMap((member) => member.fatal.map(String));
  const late = broker.all(first).length > 0 ? [] : ['nothing was put off'];
  return [...stall, ...fatal, ...faultsOf(broker), ...late].map((fault) => `${seed}: ${fault}`);
}

test('what another group has put off is left to it', async () => {
  const broker = createBroker(1);
  broker.createTopic(first, 1);
  broker.request(first, { partition: 0, value: Buffer.from('{"text":"x"}'), headers: putOffBy('another') });
  sendRequests(broker, 5);
  const member = new Member(broker, { settings: { 'kafka.retry_topics': '1s' } }).start();
  await until('all is done', () => broker.audit.answered === 5);
  await member.stop();
  assert.equal(broker.all(topics.results).length, 5);
});

test('a topic with requests of its own shape has them in its retry topic, too', async () => {
  const broker = createBroker(1);
  broker.createTopic(first, 1);
  broker.request(topics.requests, { partition: 0, value: Buffer.from('a poison, as plain text') });
  let isBroken = true;
  const member = new Member(broker, {
    settings: {
      'kafka.topics': JSON.stringify([{ topic: topics.requests, request: { format: 'text' } }]),
      ...{ 'kafka.retry_topics': '1s', 'kafka.max_retries': 0 },
    },
    pool: { fault: () => (isBroken ? 'fail' : 'none') },
  }).start();
  await until('it waits', () => broker.all(first).length === 1);
  isBroken = false;
  await until('it is done', () => broker.audit.answered === 1);
  await member.stop();
  assert.deepEqual([broker.all(topics.results).length, broker.all(topics.deadLetters).length], [1, 0]);
});

test('a message that its retry topic does not take becomes a dead letter', async () => {
  const broker = createBroker(1);
  broker.createTopic(first, 1);
  for (let i = 0; i < 10; i++) sendRequest(broker, 0, i === 5 ? 'poison' : textOf(i));
  const member = new Member(broker, {
    settings: { 'kafka.retry_topics': '1s', 'kafka.max_retries': 0 },
    pool: { fault: (rows) => (isPoisoned(rows) ? 'fail' : 'none') },
    refuses: ({ topic }) => (topic === first ? 'broker' : undefined),
  }).start();
  await until('all is done', () => broker.audit.answered === 10);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.deepEqual([broker.all(first).length, broker.all(topics.deadLetters).length], [0, 1]);
  assert.equal(member.counters.messagesPutOff, 0);
});

function startMember(broker: FakeBroker, options: MemberOptions): Member {
  const settings = { 'kafka.retry_topics': '1s,2s', 'kafka.max_retries': 0, ...options.settings };
  return new Member(broker, { ...options, settings }).start();
}

function sendInvalid(broker: FakeBroker): void {
  broker.request(topics.requests, { partition: 0, value: Buffer.from('{"text":') });
}

function putOffBy(group: string) {
  const place = { 'x-retry-topic': topics.requests, 'x-retry-partition': '0', 'x-retry-offset': '0' };
  const rest = { 'x-retry-count': '1', 'x-retry-due-at': new Date(0).toISOString(), 'x-retry-group': group };
  return Object.entries({ ...place, ...rest }).map(([name, text]) => ({ [name]: Buffer.from(text) }));
}
