/** Plain Kafka clients for the tests, independent of src/kafka, so the code under test does not verify itself. */
import Kafka, { type GlobalConfig, type Message, type MessageHeader } from 'node-rdkafka';

const TIMEOUT_MS = 30_000;
/** For a whole topic: nothing in the tests takes longer than a few seconds. */
const TOPIC_TIMEOUT_MS = 120_000;

export interface TestRecord {
  readonly value: Buffer | string | null;
  readonly key?: Buffer | string | null;
  /** Default: chosen by the key, or any. */
  readonly partition?: number;
  readonly headers?: MessageHeader[];
  /** Milliseconds since 1970. */
  readonly timestamp?: number;
}

export type Compression = 'none' | 'gzip' | 'snappy' | 'lz4' | 'zstd';

export type ReadRecord = Pick<Message, 'value' | 'key' | 'partition' | 'offset' | 'headers' | 'timestamp'>;

export async function createTopic(
  bootstrapServers: string,
  topic: string,
  partitions: number,
  config: Readonly<Record<string, string>> = {},
): Promise<void> {
  const description = { topic, num_partitions: partitions, replication_factor: -1, config };
  await withAdmin(bootstrapServers, (admin, done) => admin.createTopic(description, TIMEOUT_MS, done));
}

/** Resolves when the broker tells clients of them, which is a moment after it has added them. */
export async function addPartitions(bootstrapServers: string, topic: string, total: number): Promise<void> {
  await withAdmin(bootstrapServers, (admin, done) => admin.createPartitions(topic, total, TIMEOUT_MS, done));
  for (;;) {
    const { topics } = await readMetadata(bootstrapServers, topic);
    if (topics.find(({ name }) => name === topic)?.partitions.length === total) return;
  }
}

/** Sends `records` in order and waits for all acknowledgements; in one transaction if `transaction` is set. */
export async function produceAll(
  bootstrapServers: string,
  topic: string,
  records: readonly TestRecord[],
  { transaction, compression = 'none' }: { transaction?: 'commit' | 'abort'; compression?: Compression } = {},
): Promise<void> {
  const producer = new Kafka.Producer({
    ...common(bootstrapServers),
    dr_cb: true,
    'enable.idempotence': true,
    'compression.codec': compression,
    'message.max.bytes': 33_554_432,
    'queue.buffering.max.messages': 10_000_000,
    'queue.buffering.max.kbytes': 1_048_576,
    ...(transaction ? { 'transactional.id': `${topic}-${process.pid}-${Date.now()}` } : {}),
  });
  await connect(producer);
  try {
    producer.setPollInterval(20);
    if (transaction) {
      await call((done) => producer.initTransactions(TIMEOUT_MS, done));
      await call((done) => producer.beginTransaction(done));
    }
    const failures: unknown[] = [];
    let unacknowledged = records.length;
    producer.on('delivery-report', (error) => {
      unacknowledged--;
      if (error) failures.push(error);
    });
    for (const { value, key, partition, headers, timestamp } of records) {
      const bytes = typeof value === 'string' ? Buffer.from(value) : value;
      producer.produce(
        topic,
        partition ?? null,
        bytes,
        key ?? null,
        timestamp ?? null,
        undefined,
        headers ?? [],
      );
    }
    const deadline = performance.now() + TOPIC_TIMEOUT_MS;
    while (unacknowledged > 0) {
      await call((done) => producer.flush(100, () => done()));
      if (performance.now() > deadline)
        throw new Error(`${unacknowledged} records for ${topic} got no answer.`);
    }
    if (failures.length > 0) throw failures[0];
    if (transaction === 'commit') await call((done) => producer.commitTransaction(TIMEOUT_MS, done));
    if (transaction === 'abort') await call((done) => producer.abortTransaction(TIMEOUT_MS, done));
  } finally {
    await disconnect(producer);
  }
}

/**
 * Every record of the topic up to its end (with `read_committed`, up to the first open transaction), by partition and
 * offset.
 */
export async function readAll(
  bootstrapServers: string,
  topic: string,
  { isolation }: { isolation: 'read_committed' | 'read_uncommitted' } = { isolation: 'read_committed' },
): Promise<ReadRecord[]> {
  const consumer = new Kafka.KafkaConsumer(
    {
      ...common(bootstrapServers),
      'group.id': `${topic}-reader`,
      'enable.auto.commit': false,
      'isolation.level': isolation,
      'enable.partition.eof': true,
      'fetch.message.max.bytes': 33_554_432,
    },
    { 'auto.offset.reset': 'earliest' },
  );
  await connect(consumer);
  try {
    const partitions = await partitionsOf(consumer, topic);
    const unfinished = new Set(partitions);
    consumer.on('partition.eof', ({ partition }) => unfinished.delete(partition));
    consumer.setDefaultConsumeTimeout(20);
    consumer.assign(partitions.map((partition) => ({ topic, partition, offset: 0 })));
    const records: ReadRecord[] = [];
    const deadline = performance.now() + TOPIC_TIMEOUT_MS;
    while (unfinished.size > 0) {
      records.push(...(await call<Message[]>((done) => consumer.consume(1000, done))));
      if (performance.now() > deadline)
        throw new Error(`${topic} has no end in partitions ${[...unfinished]}.`);
    }
    return records.sort((a, b) => a.partition - b.partition || a.offset - b.offset);
  } finally {
    await disconnect(consumer);
  }
}

/** What the group has committed: the next offset to read per partition, undefined if there is none. */
export async function committedOffsets(
  bootstrapServers: string,
  group: string,
  topic: string,
): Promise<{ partition: number; offset: number | undefined }[]> {
  const consumer = new Kafka.KafkaConsumer({ ...common(bootstrapServers), 'group.id': group }, {});
  await connect(consumer);
  try {
    const partitions = await partitionsOf(consumer, topic);
    const wanted = partitions.map((partition) => ({ topic, partition }));
    const found = await call<{ partition: number; offset?: number }[]>((done) =>
      consumer.committed(wanted, TIMEOUT_MS, done),
    );
    return found
      .map(({ partition, offset = -1 }) => ({ partition, offset: offset < 0 ? undefined : offset }))
      .sort((a, b) => a.partition - b.partition);
  } finally {
    await disconnect(consumer);
  }
}

function common(bootstrapServers: string): GlobalConfig {
  return { 'bootstrap.servers': bootstrapServers, log_level: 3 };
}

type Callback<T> = (error: unknown, result: T) => void;

function call<T = void>(start: (done: (error?: unknown, result?: unknown) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => (error ? reject(error) : resolve(result as T)));
  });
}

async function connect(client: Kafka.Producer | Kafka.KafkaConsumer): Promise<void> {
  await call((done) => client.connect({ timeout: TIMEOUT_MS }, done as Callback<unknown>));
}

async function disconnect(client: Kafka.Producer | Kafka.KafkaConsumer): Promise<void> {
  await call((done) => client.disconnect(done));
}

async function partitionsOf(client: Kafka.KafkaConsumer, topic: string): Promise<number[]> {
  const metadata = await call<Kafka.Metadata>((done) =>
    client.getMetadata({ topic, timeout: TIMEOUT_MS }, done),
  );
  const found = metadata.topics.find(({ name }) => name === topic)?.partitions ?? [];
  if (found.length === 0) throw new Error(`There is no topic ${topic}.`);
  return found.map(({ id }) => id);
}

/** The cluster's metadata about itself and one topic. */
export async function readMetadata(bootstrapServers: string, topic: string): Promise<Kafka.Metadata> {
  const producer = new Kafka.Producer(common(bootstrapServers));
  await connect(producer);
  try {
    return await call<Kafka.Metadata>((done) => producer.getMetadata({ topic, timeout: TIMEOUT_MS }, done));
  } finally {
    await disconnect(producer);
  }
}

export async function deleteTopic(bootstrapServers: string, topic: string): Promise<void> {
  await withAdmin(bootstrapServers, (admin, done) => admin.deleteTopic(topic, TIMEOUT_MS, done));
}

async function withAdmin(
  bootstrapServers: string,
  run: (admin: Kafka.IAdminClient, done: (error?: unknown) => void) => void,
): Promise<void> {
  const admin = Kafka.AdminClient.create(common(bootstrapServers));
  try {
    await call((done) => run(admin, done));
  } finally {
    admin.disconnect();
  }
}
