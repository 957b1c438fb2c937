import { setTimeout as sleep } from 'node:timers/promises';
import rdkafka from 'node-rdkafka';
import { createCorpus } from '../../src/corpus/corpus.ts';
import { Random } from '../../src/corpus/random.ts';
import { createRequest } from '../../src/corpus/request.ts';
import { KubesentimentError } from '../../src/errors.ts';
import type { MeasuredBroker } from './measured-broker.ts';
import { produceAll, readAll, type TestRecord } from '../../test/helpers/kafka-client.ts';

const CHUNK = 20_000;
const SEED = 20_260;
const TIMEOUT_MS = 30_000;
const RETRY_MS = 200;

/** The texts of a benchmark, the same ones for every run of the same number. */
export function benchmarkTexts(count: number): string[] {
  const corpus = createCorpus({ seed: SEED, style: 'sst2' });
  return Array.from({ length: count }, () => corpus.next());
}

/** A new topic that holds one request for each text, spread evenly over its partitions. */
export async function fillTopic(
  broker: MeasuredBroker,
  topic: string,
  partitions: number,
  texts: readonly string[],
) {
  await broker.createTopic(topic, partitions);
  const record = recordMaker(partitions);
  for (let start = 0; start < texts.length; start += CHUNK) {
    const records = texts.slice(start, start + CHUNK).map((text, i) => record(text, start + i));
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

/** What a benchmark wants to know of one result. */
export interface ResultFacts {
  /** Of the request. */
  readonly id: string;
  /** Milliseconds since 1970 at which the consumer took the request from librdkafka, where the result tells. */
  readonly takenAtMs?: number;
}

/** Results as they lie in the topic, committed ones only. */
export interface ResultCount {
  readonly records: number;
  /** Of different requests. */
  readonly distinct: number;
  /** When the broker appended each record, in order; milliseconds since 1970. */
  readonly appendedAtMs: Float64Array;
  /** When the first request was taken; Infinity where the results do not tell. */
  readonly takenAtMs: number;
}

/** A topic whose records carry the time at which the broker took them: no clock of a client counts. */
export const stampedByBroker = { 'message.timestamp.type': 'LogAppendTime' } as const;

export async function countResults(
  broker: MeasuredBroker,
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

/** Watches how far a group has come, from outside of it. */
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
    // A broker answers with an error until it has made its topic for offsets, and while a coordinator is settling in.
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
