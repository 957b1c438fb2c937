/** A model that fails on some texts and takes too long on others, with a real broker: nobody else pays for them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { headerOf, waitForDelivery } from '../helpers/delivery.ts';
import { faultyOnnxPath, makeFaultyModel } from '../helpers/faulty-model.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const REQUESTS = 600;
/** Also on a busy machine, the other texts take far less. */
const TIMEOUT_MS = 5_000;
/** The token "slow" of the model, see make.py. */
const SLOW = 4030n;

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-faulty-'));
after(() => rmSync(folder, { recursive: true, force: true }));

test('messages on which the model fails or hangs become dead letters, and the others results', {
  skip: noBroker,
}, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, 1);
  const hanging = `It is ${Array(await slowWords(2 * TIMEOUT_MS))
    .fill('slow')
    .join(' ')}.`;
  const textOf = (i: number): string => {
    if (i % 200 === 77) return 'This one is broken.';
    return i === 300 ? hanging : `Number ${i} is fine.`;
  };
  const texts = Array.from({ length: REQUESTS }, (_, i) => ({ value: JSON.stringify({ text: textOf(i) }) }));
  await produceAll(bootstrapServers, topics.requests, texts);
  const service = startService({
    'kafka.bootstrap_servers': bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'kafka.processing_timeout_ms': TIMEOUT_MS,
    'kafka.max_retries': 1,
    'model.path': makeFaultyModel(folder),
    // The text that hangs is tried three times, and on a busy machine each holds its thread for long: some are left.
    'model.max_threads': 6,
  });
  const { lost, doubled, results, deadLetters } = await waitForDelivery(
    bootstrapServers,
    topics,
    REQUESTS,
    120_000,
  );
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] }, service.log());
  assert.equal(results.length, REQUESTS - 4);
  assert.deepEqual(
    deadLetters.map((letter) => [
      headerOf(letter, 'kafka_dlt-original-offset'),
      headerOf(letter, 'x-error-type'),
    ]),
    [
      ['77', 'inference_failed'],
      ['277', 'inference_failed'],
      ['300', 'timeout'],
      ['477', 'inference_failed'],
    ],
  );
});

/**
 * How often the word must stand in a text for the model to take at least `ms` on this machine. Measured in processor
 * time: what else runs meanwhile must not make the text shorter.
 */
async function slowWords(ms: number): Promise<number> {
  const session = await InferenceSession.create(faultyOnnxPath, { intraOpNumThreads: 1 });
  const words = 4;
  const ids = new Tensor('int64', new BigInt64Array(words).fill(SLOW), [1, words]);
  const mask = new Tensor('int64', new BigInt64Array(words).fill(1n), [1, words]);
  let shortestMs = Number.POSITIVE_INFINITY;
  for (let run = 0; run < 5; run++) {
    const before = process.cpuUsage();
    await session.run({ input_ids: ids, attention_mask: mask });
    const { user, system } = process.cpuUsage(before);
    shortestMs = Math.min(shortestMs, (user + system) / 1_000);
  }
  return Math.ceil((ms * words) / shortestMs);
}
