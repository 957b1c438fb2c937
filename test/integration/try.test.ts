/** `kubesentiment try` against a real Apache Kafka: what a topic with all kinds of values looks like to it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workplace } from '../helpers/command.ts';
import { noBroker, sharedBroker } from '../helpers/kafka-broker.ts';
import { produceAll, type TestRecord } from '../helpers/kafka-client.ts';

/** Part of every text. */
const SECRET = 'ocelot';
const GOOD = `I love this wonderful ${SECRET}`;
const BAD = `I hate this terrible ${SECRET}`;
const FRAME = Buffer.concat([Buffer.from([0, 0, 0, 1, 2]), Buffer.from(SECRET)]);
const debezium = (text: string): string =>
  JSON.stringify({ payload: { before: null, after: { id: 7, text, priority: 'high' }, op: 'c' } });

/** In this order; only the first is a request without settings. */
const records: readonly TestRecord[] = [
  { value: JSON.stringify({ id: 'k1', text: GOOD }), partition: 0 },
  { value: debezium(BAD), partition: 0 },
  { value: FRAME, partition: 0 },
  { value: null, key: 'k1', partition: 0 },
];

async function filled() {
  const place = await workplace();
  const { createTopic } = await sharedBroker();
  await createTopic(place.topics.requests, 2);
  await produceAll(place.bootstrap, place.topics.requests, records);
  const attempt = (...args: string[]) => place.command('try', '--topic', place.topics.requests, ...args);
  return { ...place, attempt };
}

test('each message gets a line: its label, or why it would be a dead letter', {
  skip: noBroker,
}, async () => {
  const { attempt } = await filled();
  const { code, stdout, stderr } = await attempt();
  assert.equal(code, 1, stderr);
  const lines = stdout.trimEnd().split('\n');
  assert.equal(lines.length, records.length, stdout);
  const [plain, change, frame, tombstone] = lines as [string, string, string, string];
  assert.match(plain, /^0\/0 +POSITIVE 0\.9\d{3} +id "k1" +priority medium +timestamp none$/);
  assert.match(
    change,
    /^0\/1 +dead letter: .* Debezium envelope, which request\.envelope: debezium reads\.$/,
  );
  assert.match(frame, /^0\/2 +dead letter: .* Schema Registry frame \(schema id 258\)/);
  assert.match(tombstone, /^0\/3 +passed over: it says that something was deleted$/);
  assert.ok(!`${stdout}${stderr}`.includes(SECRET), 'texts are user data');

  const open = await attempt('--show-text');
  assert.equal(open.stdout.split(SECRET).length, 2, 'the one text that was found');
  assert.ok(open.stdout.startsWith(`${plain}  ${GOOD}\n`), open.stdout);
});

test('with the settings that it names, the other ones are read', { skip: noBroker }, async () => {
  const { attempt } = await filled();
  const settings = ['--set', 'request.envelope=debezium'];
  const { json, stdout } = await attempt('--json', ...settings);
  assert.ok(!stdout.includes(SECRET));
  const outcomes = json.map(({ offset, outcome }: Record<string, unknown>) => [offset, outcome]);
  assert.deepEqual(outcomes, [
    [0, 'deadLetter'],
    [1, 'text'],
    [2, 'deadLetter'],
    [3, 'passedOver'],
  ]);
  const { id, priority, prediction } = json[1];
  assert.deepEqual([id, priority, prediction.label], ['7', 'high', 'NEGATIVE']);

  const last = await attempt('--json', '--show-text', '--count', '3', ...settings);
  assert.deepEqual(
    last.json.map(({ offset, text }: Record<string, unknown>) => [offset, text]),
    [
      [1, BAD],
      [2, undefined],
      [3, undefined],
    ],
  );
  const onlyDeletion = await attempt('--json', '--count', '1');
  assert.deepEqual([onlyDeletion.code, onlyDeletion.json[0].outcome], [0, 'passedOver']);
  const refused = await attempt('--json', '--count', '1', '--set', 'request.tombstones=dead_letter');
  assert.deepEqual([refused.code, refused.json[0].outcome], [1, 'deadLetter']);
});
