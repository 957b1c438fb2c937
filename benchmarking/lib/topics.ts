import { setTimeout as sleep } from 'node:timers/promises';
import rdkafka from 'node-rdkafka';
import { createCorpus } from '../../src/corpus/corpus.ts';
import { Random } from '../../src/corpus/random.ts';
import { createRequest } from '../../src/corpus/request.ts';
import { KubesentimentError } from '../../src/errors.ts';
import type { Broker } from '../../test/helpers/kafka-broker.ts';
import { produceAll, readAll, type TestRecord } from '../../test/helpers/kafka-client.ts';

/** What it takes to fill and read topics. */
export type TopicBroker = Pick<Broker, 'bootstrapServers' | 'createTopic'>;

const CHUNK = 20_000;
const SEED = 20_260;
const TIMEOUT_MS = 30_000;
const RETRY_MS = 200;

/** The texts of a benchmark, the same for every run with the same count. */
export function benchmarkTexts(count: number): string[] {
  const corpus = createCorpus({ seed: SEED, style: 'sst2' });
  return Array.from({ length: count }, () => corpus.next());
}

/** Creates a topic with one request for each text, spread evenly over its partitions. */
export async function fillTopic(
  broker: TopicBroker,
  topic: string,
  partitions: number,
  texts: readonly string[],
  headersOf?: (number: number) => NonNullable<TestRecord['headers']>,
) {
  await broker.createTopic(topic, partitions);
  const record = recordMaker(partitions);
  for (let start = 0; start < texts.length; start += CHUNK) {
    const records = texts.slice(start, start + CHUNK).map((text, i) => ({
      ...record(text, start + i),
      ...(headersOf && { headers: headersOf(start + i) }),
    }));
    await produceAll(broker.bootstrapServers, topic, records);
  }
}

/** `count` requests, spread evenly over `partitions`. */
export function requestRecords(count: number, partitions: number): TestRecord[] {
  return benchmarkTexts(count).map(recordMaker(partitions));
}

function recordMaker(partitions: number): (text: string, number: number) => TestRecord {
  const random = new Random(SEED);
  return (text, number) => ({
    value: createRequest(number, text, random),
    partition: number % partitions,
  });
}

/** What a benchmark needs to know about a result. */
export interface ResultFacts {
  /** The id of the request. */
  readonly id: string;
  /** When the consumer took the request from librdkafka, in ms since 1970, if the result says so. */
  readonly takenAtMs?: number;
}

/** The results in a topic, committed ones only. */
export interface ResultCount {
  readonly records: number;
  /** Results of different requests. */
  readonly distinct: number;
  /** When the broker appended each record, in ms since 1970, sorted. */
  readonly appendedAtMs: Float64Array;
  /** When the first request was taken; Infinity if the results do not say. */
  readonly takenAtMs: number;
}

/** Records carry the time at which the broker appended them, so no client's clock matters. */
export const stampedByBroker = { 'message.timestamp.type': 'LogAppendTime' } as const;

export async function countResults(
  broker: Pick<Broker, 'bootstrapServers'>,
  topic: string,
  read: (value: Buffer) => ResultFacts,
): Promise<ResultCount> {
  const records = await readAll(broker.bootstrapServers, topic);
  const ids = new Set<string>();
  let takenAtMs = Number.POSITIVE_INFINITY;
  for (const { value } of records) {
    const facts = read(value as Buffer);
    ids.add(facts.id);
    takenAtMs = Math.min(takenAtMs, facts.takenAtMs ?? takenAtMs);
  }
  const appendedAtMs = Float64Array.from(records, ({ timestamp }) => timestamp ?? 0).sort();
  return { records: records.length, distinct: ids.size, appendedAtMs, takenAtMs };
}

/** Watches the progress of a group from outside. */
export class GroupProgress {
  readonly #client: rdkafka.KafkaConsumer;
  readonly #partitions: { topic: string; partition: number }[];

  constructor(bootstrapServers: string, group: string, topic: string, partitions: number) {
    this.#client = new rdkafka.KafkaConsumer(
      { 'bootstrap.servers': bootstrapServers, 'group.id': group, 'enable.auto.commit': false, log_level: 3 },
      {},
    );
    this.#partitions = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  }

  async open(): Promise<void> {
    await call((done) => this.#client.connect({ timeout: TIMEOUT_MS }, done));
    await this.committed();
  }

  /** Messages that the group has committed. */
  async committed(): Promise<number> {
    // A broker answers with an error until it has created its offsets topic and a coordinator has taken over.
    for (const startedAt = performance.now(); ; await sleep(RETRY_MS)) {
      try {
        const offsets = await call<{ offset?: number }[]>((done) =>
          this.#client.committed(this.#partitions, TIMEOUT_MS, done),
        );
        return offsets.reduce((sum, { offset }) => sum + Math.max(0, offset ?? 0), 0);
      } catch (error) {
        if (performance.now() - startedAt > TIMEOUT_MS) throw error;
      }
    }
  }

  close(): Promise<void> {
    return call((done) => this.#client.disconnect(done));
  }
}

function call<T = void>(start: (done: (error?: unknown, result?: unknown) => void) => unknown): Promise<T> {
  return new Promise((resolve, reject) => {
    start((error, result) => {
      if (!error) resolve(result as T);
      else
        reject(
          new KubesentimentError('KS_KAFKA_FATAL', 'The broker did not answer the benchmark.', {
            cause: error,
          }),
        );
    });
  });
}
