/**
 * The job in Node with kafkajs: a transaction for each batch of a partition that a fetch brings.
 * Arguments: bootstrap servers, topic, results topic, group, model directory. Ends on SIGTERM.
 */
import { Kafka, logLevel } from 'kafkajs';
import { classify, loadModel, resultOf } from './classify.mjs';

const [bootstrap, topic, resultsTopic, group, directory] = process.argv.slice(2);
const model = await loadModel(directory);
const kafka = new Kafka({ brokers: bootstrap.split(','), logLevel: logLevel.NOTHING });
const consumer = kafka.consumer({ groupId: group, maxWaitTimeInMs: 20, readUncommitted: false });
const producer = kafka.producer({ transactionalId: group, maxInFlightRequests: 1, idempotent: true });

process.on('SIGTERM', async () => {
  await consumer.disconnect().catch(() => undefined);
  await producer.disconnect().catch(() => undefined);
  process.exit(0);
});

/** Messages of a transaction: more of a fetch are the next one's. */
const TRANSACTION_MESSAGES = 1_000;

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topics: [topic], fromBeginning: true });
await consumer.run({
  autoCommit: false,
  eachBatchAutoResolve: false,
  eachBatch: async ({ batch, resolveOffset, heartbeat, isRunning, isStale }) => {
    for (let start = 0; start < batch.messages.length; start += TRANSACTION_MESSAGES) {
      if (!isRunning() || isStale()) return;
      const messages = batch.messages.slice(start, start + TRANSACTION_MESSAGES);
      await publish(batch.partition, messages);
      resolveOffset(messages.at(-1).offset);
      await heartbeat();
    }
  },
});

async function publish(partition, messages) {
  const takenAtMs = Date.now();
  const requests = messages.map(({ value }) => JSON.parse(value.toString()));
  const predictions = await classify(
    model,
    requests.map(({ text }) => text),
  );
  const transaction = await producer.transaction();
  try {
    const records = messages.map(({ key, offset }, i) => ({
      key,
      partition,
      value: resultOf(requests[i], { topic, partition, offset: Number(offset) }, predictions[i], takenAtMs),
    }));
    await transaction.send({ topic: resultsTopic, messages: records });
    const next = String(BigInt(messages.at(-1).offset) + 1n);
    const topics = [{ topic, partitions: [{ partition, offset: next }] }];
    await transaction.sendOffsets({ consumerGroupId: group, topics });
    await transaction.commit();
  } catch (error) {
    await transaction.abort();
    throw error;
  }
}
