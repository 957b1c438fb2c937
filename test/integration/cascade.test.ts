/** A cascade against a real Apache Kafka, with a process that is killed in the middle. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createCorpus } from '../../src/corpus/corpus.ts';
import { commandWith, workplace } from '../helpers/command.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { freePort } from '../helpers/free-port.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

const PART = 400;
const REQUESTS = 3 * PART;
const BELOW = 0.95;
const cascade = {
  'model.path': 'models/default',
  'model.cascade': JSON.stringify({ path: 'models/accurate', below: BELOW }),
};

interface Result {
  readonly id: string;
  readonly stage: number;
  readonly model: string;
  readonly score: number;
}

test('a killed process loses and doubles nothing of what is between two models', {
  skip: noBroker,
}, async () => {
  const { bootstrap, topics, settings, createAll } = await workplace();
  await createAll();
  const corpus = createCorpus({ seed: 3, style: 'sst2' });
  const texts = Array.from({ length: REQUESTS }, () => corpus.next());
  const produce = (from: number, to: number) =>
    produceAll(
      bootstrap,
      topics.requests,
      texts.slice(from, to).map((text, i) => ({
        value: JSON.stringify({ id: `r${from + i}`, text }),
        partition: i % 2,
      })),
    );
  const metrics = async (port: number): Promise<string> =>
    await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  const ports = [await freePort(), await freePort()] as const;
  await produce(0, PART);
  const killed = startService({ ...settings, ...cascade, 'http.port': ports[0] });
  const asksAgain = /^sentiment_cascade_total\{.*stage="2"\} [1-9]/m;
  while (!asksAgain.test(await metrics(ports[0]).catch(() => '')))
    await new Promise((done) => setTimeout(done, 20));
  await produce(PART, 2 * PART);
  killed.kill('SIGKILL');
  await killed.exited;
  await produce(2 * PART, REQUESTS);

  const service = startService({ ...settings, ...cascade, 'http.port': ports[1] });
  const { lost, doubled, outOfOrder, deadLetters, results } = await waitForDelivery(
    bootstrap,
    topics,
    REQUESTS,
  );
  const body = await metrics(ports[1]);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const faults = { lost, doubled, outOfOrder, deadLetters };
  assert.deepEqual(faults, { lost: [], doubled: [], outOfOrder: [], deadLetters: [] });
  assert.match(body, asksAgain);
  assert.match(service.log(), /KS1345/);

  const values = results.map(({ value }) => JSON.parse(String(value)) as Result);
  assert.deepEqual(new Set(values.map(({ stage }) => stage)), new Set([1, 2]));
  for (const { stage, model, score } of values) {
    assert.equal(model, stage === 1 ? 'default' : 'accurate');
    assert.ok(stage === 2 || score >= BELOW);
  }
  const again = values.find(({ stage }) => stage === 2) as Result;
  const text = texts[Number(again.id.slice(1))] as string;
  const predicted = await commandWith({ ...settings, ...cascade })('predict', '--json', text);
  assert.equal(predicted.json.stage, 2, predicted.stderr);
});
