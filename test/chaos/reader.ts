/** Plain readers of topics, apart from src/kafka: what the run checks must not check itself. */
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka, { type Message } from 'node-rdkafka';

export type Isolation = 'read_committed' | 'read_uncommitted';
export type OnRecord = (record: Message) => void;

const TIMEOUT_MS = 30_000;
const POLL_MAX = 2_000;

/** Every record to the end of the topic, in order inside each partition. */
export async function readToEnd(
  bootstrapServers: string,
  topic: string,
  isolation: Isolation,
  onRecord: OnRecord,
): Promise<void> {
  const consumer = await open(bootstrapServers, [topic], isolation);
  try {
    const unfinished = new Set(
      (consumer.assignments() as { partition: number }[]).map(({ partition }) => partition),
    );
    consumer.on('partition.eof', ({ partition }) => unfinished.delete(partition));
    while (unfinished.size > 0) for (const record of await poll(consumer)) onRecord(record);
  } finally {
    await close(consumer);
  }
}

/** Reads the committed records of some topics as they become visible, until `stop`. */
export class LiveReader {
  readonly #consumer: Kafka.KafkaConsumer;
  readonly #onRecord: OnRecord;
  #stopped = false;
  readonly #running: Promise<void>;

  private constructor(consumer: Kafka.KafkaConsumer, onRecord: OnRecord) {
    this.#consumer = consumer;
    this.#onRecord = onRecord;
    this.#running = this.#run();
  }

  static async start(
    bootstrapServers: string,
    topics: readonly string[],
    onRecord: OnRecord,
  ): Promise<LiveReader> {
    return new LiveReader(await open(bootstrapServers, topics, 'read_committed'), onRecord);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await close(this.#consumer);
  }

  async #run(): Promise<void> {
    while (!this.#stopped) for (const record of await poll(this.#consumer)) this.#onRecord(record);
  }
}

async function open(
  bootstrapServers: string,
  topics: readonly string[],
  isolation: Isolation,
): Promise<Kafka.KafkaConsumer> {
  const consumer = new Kafka.KafkaConsumer(
    {
      'bootstrap.servers': bootstrapServers,
      'group.id': 'chaos-reader', // asked for by librdkafka, never joined
      'enable.auto.commit': false,
      'isolation.level': isolation,
      'enable.partition.eof': true,
      'fetch.wait.max.ms': 50,
      log_level: 0,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  consumer.on('event.error', () => undefined); // the broker is away from time to time
  await new Promise<void>((done, fail) => {
    consumer.connect({ timeout: TIMEOUT_MS }, (error) => (error ? fail(error) : done()));
  });
  consumer.setDefaultConsumeTimeout(50);
  const assignment: { topic: string; partition: number; offset: number }[] = [];
  for (const topic of topics) {
    const count = await partitionCount(consumer, topic);
    for (let partition = 0; partition < count; partition++) {
      assignment.push({ topic, partition, offset: 0 });
    }
  }
  consumer.assign(assignment);
  return consumer;
}

async function poll(consumer: Kafka.KafkaConsumer): Promise<Message[]> {
  return new Promise((done) => {
    consumer.consume(POLL_MAX, (error, messages) => done(error ? [] : messages));
  });
}

async function partitionCount(consumer: Kafka.KafkaConsumer, topic: string): Promise<number> {
  for (;;) {
    const metadata = await new Promise<Kafka.Metadata>((done, fail) => {
      consumer.getMetadata({ topic, timeout: TIMEOUT_MS }, (error, found) =>
        error ? fail(error) : done(found),
      );
    });
    const count = metadata.topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
    if (count > 0) return count;
    await sleep(100); // a new topic is not known at once
  }
}

async function close(consumer: Kafka.KafkaConsumer): Promise<void> {
  await new Promise<void>((done) => consumer.disconnect(() => done()));
}
