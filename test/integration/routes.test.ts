/** Results that go to a topic by their label, on a real Kafka. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { checkDelivery, waitForDelivery } from '../helpers/delivery.ts';
import { commandWith, workplace } from '../helpers/command.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll, type ReadRecord, readAll, type TestRecord } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

const labelOf = ({ value }: ReadRecord): string => (JSON.parse(String(value)) as { label: string }).label;

const requests = (count: number): TestRecord[] =>
  Array.from({ length: count }, (_, i) => ({
    value: JSON.stringify({ text: i % 2 === 0 ? 'I hate this terrible film' : 'I love this wonderful film' }),
    partition: i % 2,
    ...(i % 3 === 0 && { key: `key ${i % 7}` }),
  }));

async function routedPlace() {
  const place = await workplace();
  const alerts = uniqueName('alerts');
  await place.createAll();
  await (await sharedBroker()).createTopic(alerts, 2);
  const settings = { ...place.settings, 'result.routes': JSON.stringify({ NEGATIVE: alerts }) };
  const topics = { ...place.topics, routes: [alerts] };
  return { ...place, alerts, settings, topics, command: commandWith(settings) };
}

test('each request comes out once over all topics, also when the process is killed midway', {
  skip: noBroker,
}, async () => {
  const { bootstrap, alerts, settings, topics, command } = await routedPlace();
  const count = 3_000;
  await produceAll(bootstrap, topics.requests, requests(count));
  const killed = startService({ ...settings, 'kafka.transactional_id': uniqueName('routes') });
  for (let seen = 0; seen === 0; ) seen = (await readAll(bootstrap, alerts)).length;
  killed.kill('SIGKILL');
  await killed.exited;
  const service = startService({ ...settings, 'kafka.transactional_id': uniqueName('routes') });
  await service.waitFor('partitions_assigned'); // the first one may have answered all of them
  const { lost, doubled, outOfOrder, deadLetters } = await waitForDelivery(bootstrap, topics, count, 120_000);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual(
    { lost, doubled, outOfOrder, deadLetters },
    { lost: [], doubled: [], outOfOrder: [], deadLetters: [] },
  );
  assert.deepEqual([...new Set((await readAll(bootstrap, alerts)).map(labelOf))], ['NEGATIVE']);
  assert.deepEqual([...new Set((await readAll(bootstrap, topics.results)).map(labelOf))], ['POSITIVE']);

  const good = await command('verify', '--json');
  assert.equal(good.code, 0, good.stdout);
  assert.deepEqual([good.json.results, good.json.lost.count], [count, 0]);
  const [alert] = await readAll(bootstrap, alerts);
  await produceAll(bootstrap, topics.results, [{ value: alert?.value ?? null, partition: 0 }]);
  const bad = await command('verify', '--json', '--origin', '/source');
  assert.equal(bad.code, 1, bad.stdout);
  assert.equal(bad.json.duplicated.count, 1);
});

test('a route to a topic that is missing, or of a label that the model does not have, is refused at start', {
  skip: noBroker,
}, async () => {
  const { settings, bootstrap, topics } = await routedPlace();
  const refusalOf = async (routes: Readonly<Record<string, string>>) => {
    const service = startService({ ...settings, 'result.routes': JSON.stringify(routes) });
    assert.notEqual(await service.exited, 0);
    return service.log();
  };
  const nowhere = uniqueName('nowhere');
  assert.match(await refusalOf({ NEGATIVE: nowhere }), new RegExp(`The topic "${nowhere}" does not exist`));
  assert.match(await refusalOf({ BAD: nowhere }), /no result has the label .*BAD.*NEGATIVE.*POSITIVE/);
  const { results, deadLetters } = await checkDelivery(bootstrap, topics);
  assert.deepEqual([results, deadLetters], [[], []]);
});

test('doctor and topics create know the topics of routes', { skip: noBroker }, async () => {
  const { settings, alerts } = await routedPlace();
  const command = commandWith({
    ...settings,
    'result.routes': JSON.stringify({ POSITIVE: alerts, NEGATIVE: `${alerts}-2` }),
  });
  const missing = await command('doctor', '--json');
  assert.equal(missing.code, 1);
  assert.match(missing.stdout, new RegExp(`missing or not visible to this user: ${alerts}-2`));
  const { json } = await command('topics', 'create', '--json');
  const created = (json.topics as { topic: string; created: boolean }[]).filter((each) => each.created);
  assert.deepEqual(created, [{ topic: `${alerts}-2`, created: true }]);
  const { stdout } = await command('doctor', '--json');
  assert.match(stdout, new RegExp(`may write .*${alerts}, ${alerts}-2`));
});
