/** Topics whose requests look different, in one process and one group, on a real Kafka. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWith } from '../helpers/command.ts';
import { waitForRecords } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, readAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

const GOOD = 'I love this wonderful film';
const BAD = 'I hate this terrible film';
const chat = (message: string, partition: number) => ({ value: JSON.stringify({ message }), partition });

async function place() {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const prefix = uniqueName('mixed');
  const topics = {
    plain: `${prefix}-plain`,
    lines: `${prefix}-lines`,
    chats: `${prefix}-chats-a`,
    results: uniqueName('results'),
    deadLetters: uniqueName('dead-letters'),
  };
  for (const topic of Object.values(topics)) await createTopic(topic, 2);
  const settings = {
    'kafka.bootstrap_servers': bootstrap,
    'kafka.topic': topics.plain,
    'kafka.topics': JSON.stringify([
      { topic: topics.lines, request: { format: 'text', id: '$key', tombstones: 'dead_letter' } },
      { topic: `^${prefix}-chats-.*`, request: { text: '/message' } },
    ]),
    'kafka.results_topic': topics.results,
    'kafka.dlq_topic': topics.deadLetters,
    'kafka.consumer_group': uniqueName('group'),
    'kafka.auto_offset_reset': 'earliest',
    'kafka.dlq_stop_ratio': 0,
    'kafka.librdkafka': JSON.stringify({ 'topic.metadata.refresh.interval.ms': 500 }),
    'model.path': 'models/accurate',
  };
  const answered = (count: number) => waitForRecords(bootstrap, [topics.results, topics.deadLetters], count);
  return { bootstrap, createTopic, prefix, topics, settings, answered };
}

interface Result {
  readonly id: string;
  readonly label: string;
  readonly source: { readonly topic: string; readonly partition: number; readonly offset: number };
}

test('each topic is read as its entry says, through a restart, and every tool knows it', {
  skip: noBroker,
}, async () => {
  const { bootstrap, createTopic, prefix, topics, settings, answered } = await place();
  const { plain, lines, chats } = topics;
  await produceAll(bootstrap, plain, [
    { value: JSON.stringify({ id: 'p', text: GOOD }), partition: 0 },
    { value: null, key: 'k', partition: 0 },
  ]);
  await produceAll(bootstrap, lines, [
    { value: BAD, key: 'l', partition: 0 },
    { value: null, key: 'k', partition: 0 },
  ]);
  await produceAll(bootstrap, chats, [chat(GOOD, 0), chat(BAD, 1)]);
  const first = startService(settings);
  assert.equal(await answered(5), 5);
  first.kill('SIGTERM');
  assert.equal(await first.exited, 0, first.log());

  const later = `${prefix}-chats-b`;
  await produceAll(bootstrap, chats, [
    chat(GOOD, 0),
    { value: JSON.stringify({ text: GOOD }), partition: 1 },
  ]);
  await produceAll(bootstrap, lines, [{ value: `{"message":"${BAD}"}`, key: 'm', partition: 1 }]);
  const second = startService(settings);
  assert.equal(await answered(8), 8);
  await createTopic(later, 1);
  await produceAll(bootstrap, later, [chat(BAD, 0)]);
  assert.equal(await answered(9), 9);

  const command = commandWith(settings);
  const lag = await command('lag', '--json');
  const named = (lag.json.partitions as readonly { topic: string }[]).map(({ topic }) => topic);
  assert.deepEqual([...new Set(named)].sort(), [chats, later, lines, plain]);
  const doctor = await command('doctor', '--json');
  assert.ok(doctor.stdout.includes(`${chats}: of the last 4, 1 would become dead letters.`), doctor.stdout);
  assert.ok(doctor.stdout.includes(`${lines}: of the last 3, 1 would become dead letters.`), doctor.stdout);
  assert.ok(doctor.stdout.includes(`${plain}: the last 2 can be read.`), doctor.stdout);
  const outcomes = async (topic: string) => {
    const { json, stdout } = await command('try', '--topic', topic, '--json');
    assert.ok(Array.isArray(json), stdout);
    return (json as readonly { outcome: string }[]).map(({ outcome }) => outcome).sort();
  };
  assert.deepEqual(await outcomes(later), ['text']);
  assert.deepEqual(await outcomes(lines), ['deadLetter', 'text', 'text']);
  const ignored = await command('try', '--topic', later, '--set', 'request.text=/other', '--json');
  assert.match(
    ignored.stderr,
    /--set request\.text changes nothing here: the entry "\^mixed.*" of kafka\.topics/,
  );
  const replay = await command('dlq', 'replay', '--json');
  assert.equal(replay.json.replayed, 2, replay.stdout);
  assert.equal(await answered(11), 11);
  second.kill('SIGTERM');
  assert.equal(await second.exited, 0, second.log());

  const results = (await readAll(bootstrap, topics.results)).map(
    ({ value }) => JSON.parse(String(value)) as Result,
  );
  assert.deepEqual(
    results.map(({ id, label, source }) => `${source.topic} ${id} ${label}`).sort(),
    [
      `${chats} ${chats}-0-0 POSITIVE`,
      `${chats} ${chats}-0-1 POSITIVE`,
      `${chats} ${chats}-1-0 NEGATIVE`,
      `${later} ${later}-0-0 NEGATIVE`,
      `${lines} l NEGATIVE`,
      `${lines} m NEGATIVE`,
      `${plain} p POSITIVE`,
    ].sort(),
  );
  const verified = await command('verify', '--json');
  assert.equal(verified.code, 0, verified.stdout);
  assert.deepEqual([verified.json.requests, verified.json.results, verified.json.deadLetters], [11, 7, 4]);
  const offsets = await command('offsets', 'show', '--json', '--topic', lines);
  assert.equal(offsets.code, 0, offsets.stderr);
});
