/**
 * The job in Node with @platformatic/kafka: a transaction for everything that has arrived, at most 1,000 messages.
 * Arguments: bootstrap servers, topic, results topic, group, model directory. Ends on SIGTERM.
 */
import { Consumer, Producer } from '@platformatic/kafka';
import { classify, loadModel, resultOf } from './classify.mjs';

const [bootstrap, topic, resultsTopic, group, directory] = process.argv.slice(2);
const TRANSACTION_MESSAGES = 1_000;
const model = await loadModel(directory);
const common = { clientId: group, bootstrapBrokers: bootstrap.split(',') };
const consumer = new Consumer({ ...common, groupId: group, maxWaitTime: 20, isolationLevel: 1 });
const producer = new Producer({ ...common, idempotent: true, transactionalId: group });

process.on('SIGTERM', async () => {
  setTimeout(() => process.exit(0), 5_000).unref();
  await consumer.close(true).catch(() => undefined);
  await producer.close(true).catch(() => undefined);
  process.exit(0);
});

const stream = await consumer.consume({
  topics: [topic],
  mode: 'committed',
  fallbackMode: 'earliest',
  autocommit: false,
  highWaterMark: TRANSACTION_MESSAGES,
});
let messages = [];
for await (const message of stream) {
  messages.push(message);
  if (messages.length < TRANSACTION_MESSAGES && stream.readableLength > 0) continue;
  await publish(messages);
  messages = [];
}

async function publish(taken) {
  const takenAtMs = Date.now();
  const requests = taken.map(({ value }) => JSON.parse(value.toString()));
  const predictions = await classify(
    model,
    requests.map(({ text }) => text),
  );
  const transaction = await producer.beginTransaction();
  await transaction.addConsumer(consumer);
  const records = taken.map(({ key, partition, offset }, i) => ({
    topic: resultsTopic,
    key,
    partition,
    value: Buffer.from(
      resultOf(requests[i], { topic, partition, offset: Number(offset) }, predictions[i], takenAtMs),
    ),
  }));
  await transaction.send({ messages: records });
  const last = new Map(taken.map((message) => [message.partition, message]));
  for (const message of last.values()) await transaction.addOffset(message);
  await transaction.commit();
}
