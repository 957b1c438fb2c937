/**
 * The least that exactly-once takes with node-rdkafka: consume, produce the same bytes, commit, in transactions of
 * 5,000 messages, one after the other. Arguments: bootstrap servers, topic, results topic, group. Ends on SIGTERM.
 */
import rdkafka from 'node-rdkafka';

const TRANSACTION_MESSAGES = 5_000;
const POLL_MESSAGES = 1_000;
const TIMEOUT_MS = 30_000;

type Message = rdkafka.Message;

const [servers, topic, resultsTopic, group] = process.argv.slice(2) as [string, string, string, string];
let stopping = false;
process.on('SIGTERM', () => {
  stopping = true;
});

const consumer = new rdkafka.KafkaConsumer(
  {
    'bootstrap.servers': servers,
    'group.id': group,
    'enable.auto.commit': false,
    'partition.assignment.strategy': 'cooperative-sticky',
    'queued.max.messages.kbytes': 65_536,
  },
  { 'auto.offset.reset': 'earliest' },
);
const producer = new rdkafka.Producer({
  'bootstrap.servers': servers,
  'transactional.id': group,
  'compression.codec': 'lz4',
  'linger.ms': 5,
  'queue.buffering.max.messages': 1_000_000,
});
await call((done) => consumer.connect({}, done));
await call((done) => producer.connect({}, done));
await call((done) => producer.initTransactions(TIMEOUT_MS, done));
consumer.setDefaultConsumeTimeout(2);
consumer.subscribe([topic]);

while (!stopping) {
  const messages = await take();
  if (messages.length > 0) await publish(messages);
}
await call((done) => consumer.disconnect(done));
await call((done) => producer.disconnect(done));

/** A transaction full of messages, or what there is when the topic is at its end. */
async function take(): Promise<Message[]> {
  const messages: Message[] = [];
  while (messages.length < TRANSACTION_MESSAGES) {
    const more = await call<Message[]>((done) => consumer.consume(POLL_MESSAGES, done));
    messages.push(...more);
    if (more.length === 0) break;
  }
  return messages;
}

async function publish(messages: readonly Message[]): Promise<void> {
  await call((done) => producer.beginTransaction(done));
  const offsets = new Map<number, number>();
  for (const { value, key, partition, offset } of messages) {
    producer.produce(resultsTopic, partition, value, key ?? null);
    offsets.set(partition, offset + 1);
  }
  const next = [...offsets].map(([partition, offset]) => ({ topic, partition, offset }));
  await call((done) => producer.sendOffsetsToTransaction(next, consumer, TIMEOUT_MS, done));
  await call((done) => producer.commitTransaction(TIMEOUT_MS, done));
}

function call<T = void>(start: (done: (error?: unknown, result?: unknown) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error ? reject(error) : resolve(result as T)));
  });
}
