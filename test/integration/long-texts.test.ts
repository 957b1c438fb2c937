/** Long texts in windows, among short ones, against a real Apache Kafka: one result each, that of the whole text. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { workplace } from '../helpers/command.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { freePort } from '../helpers/free-port.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

const REQUESTS = 200;
const LONG_AT = 90;
/** A beginning that says one thing, and much more that says the opposite. */
const long =
  'It begins slowly, and I nearly left. '.repeat(10) + 'Then it is wonderful, moving and funny. '.repeat(40);
const inWindows = { 'model.max_length': 64, 'model.long_text': 'windows' };

test('one long text among short ones is read whole, over Kafka, over HTTP and by the commands', {
  skip: noBroker,
}, async () => {
  const { bootstrap, topics, settings, createAll, command } = await workplace();
  await createAll();
  const texts = Array.from({ length: REQUESTS }, (_, i) => (i === LONG_AT ? long : `Number ${i} is fine.`));
  await produceAll(
    bootstrap,
    topics.requests,
    texts.map((text, i) => ({ value: JSON.stringify({ id: `r${i}`, text }), partition: i % 2 })),
  );
  const port = await freePort();
  const service = startService({ ...settings, ...inWindows, 'http.port': port });
  const { lost, doubled, outOfOrder, deadLetters, results } = await waitForDelivery(
    bootstrap,
    topics,
    REQUESTS,
  );
  const answer = await fetch(`http://127.0.0.1:${port}/api/v1/predict`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ text: long }),
  });
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const faults = { lost, doubled, outOfOrder, deadLetters };
  assert.deepEqual(faults, { lost: [], doubled: [], outOfOrder: [], deadLetters: [] });

  const values = results.map(({ value }) => JSON.parse(String(value)));
  const { windows, truncated, label, score } = values.find(({ id }) => id === `r${LONG_AT}`);
  assert.ok(windows > 4);
  assert.deepEqual([truncated, label], [false, 'POSITIVE']);
  for (const other of values) if (other.id !== `r${LONG_AT}`) assert.equal(other.windows, undefined);

  const set = Object.entries(inWindows).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const asJson = async (...args: string[]) => JSON.parse((await command(...args, ...set)).stdout);
  const predicted = await asJson('predict', '--json', long);
  const count = String(REQUESTS);
  const tried = await asJson('try', '--topic', topics.requests, '--count', count, '--show-text', '--json');
  const { prediction } = tried.find(({ text }: Record<string, unknown>) => text === long) ?? {};
  for (const other of [await answer.json(), predicted, prediction]) {
    assert.deepEqual([other.windows, other.truncated, other.label], [windows, truncated, label]);
    assert.ok(Math.abs(other.score - score) < 0.01); // models/accurate is quantized: the batch counts a little
  }
  const cut = await command('predict', '--json', '--set', 'model.max_length=64', long);
  assert.deepEqual([cut.json.truncated, cut.json.windows, cut.json.label], [true, undefined, 'NEGATIVE']);
});
