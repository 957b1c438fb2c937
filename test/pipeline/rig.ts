/** The whole pipeline in this process, with a fake Kafka and a fake model. */
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/config/load.ts';
import type { RebalanceListener } from '../../src/clients.ts';
import type { Config } from '../../src/config/schema.ts';
import type { ModelPool } from '../../src/infer/model-pool.ts';
import { readModel } from '../../src/infer/model.ts';
import { createLogger } from '../../src/log.ts';
import { Counters } from '../../src/metrics/counters.ts';
import { RunningConfig } from '../../src/config/running.ts';
import { type SharedParts, slotCount } from '../../src/session/build-pipeline.ts';
import { RecentDeadLetters } from '../../src/session/recent-dead-letters.ts';
import type { KafkaClients } from '../../src/session/kafka-clients.ts';
import { Session, type SessionOptions } from '../../src/session/session.ts';
import { type Edition, Editions } from '../../src/predict/editions.ts';
import { createDecoder } from '../../src/predict/model-parts.ts';
import { retryTopicName } from '../../src/retry-topics.ts';
import { SlotTable } from '../../src/slots.ts';
import type { ModelInfo } from '../../src/types.ts';
import { root } from '../helpers/paths.ts';
import { FakeBroker, type StoredRecord } from './fake-broker.ts';
import { FakeConsumer } from './fake-consumer.ts';
import { FakePool, type FakePoolOptions, logitsOf } from './fake-pool.ts';
import {
  createFakeProducer,
  type FakeProducer,
  type FakeProducerOptions,
  type Faults,
} from './fake-producer.ts';
import { headerOf, originOf } from './audit.ts';

export const topics = { requests: 'requests', results: 'results', deadLetters: 'dead-letters' } as const;
export const model = readModel(join(root, 'models/accurate'), { maxLength: 32 });

export interface MemberOptions {
  /** Configuration keys that override the small defaults of these tests. */
  readonly settings?: Readonly<Record<string, unknown>>;
  readonly faults?: Faults;
  readonly refuses?: NonNullable<FakeProducerOptions['refuses']>;
  readonly latencyMs?: () => number;
  readonly rewind?: () => number;
  readonly refusesCommit?: () => boolean;
  readonly pool?: FakePoolOptions;
  readonly modelPool?: ModelPool;
  readonly tracer?: (table: SlotTable) => SessionOptions['tracer'];
  /** Default: that of models/accurate, with at most 32 tokens. */
  readonly model?: ModelInfo;
  /** Asked again when the score is under `below`. */
  readonly cascade?: { readonly below: number; readonly model: ModelInfo; readonly pool: ModelPool };
  /** Puts a model beside that of the member, see canary-rig.ts. */
  readonly withCanary?: (edition: Edition, member: Member) => Edition;
}

export function createBroker(partitions: number, exactlyOnce = true): FakeBroker {
  const broker = new FakeBroker({ exactlyOnce });
  broker.createTopic(topics.requests, partitions);
  broker.createTopic(topics.results, 3);
  broker.createTopic(topics.deadLetters, 1);
  return broker;
}

/** One process of the group: the real session, on top of fakes. */
export class Member {
  readonly table: SlotTable;
  readonly counters = new Counters();
  readonly pool: FakePool;
  /** Errors after which the process would end. */
  readonly fatal: unknown[] = [];
  readonly #shared: SharedParts;
  readonly #broker: FakeBroker;
  readonly #options: MemberOptions;
  session: Session;
  consumers: readonly FakeConsumer[] = [];
  producer!: FakeProducer;
  /** The most messages that were in the table at once, and their bytes. */
  mostMessages = 0;
  mostBytes = 0;

  constructor(broker: FakeBroker, options: MemberOptions = {}) {
    const config = configOf(options.settings);
    this.#broker = broker;
    this.#options = options;
    this.table = new SlotTable(slotCount(config));
    this.#watchTable();
    this.pool = new FakePool(options.pool);
    this.#shared = {
      config,
      running: new RunningConfig(config),
      table: this.table,
      editions: new Editions(this.#edition(config)),
      counters: this.counters,
    };
    this.session = this.#createSession();
  }

  /** The share of dead letters was too large. */
  get hasStoppedTaking(): boolean {
    return this.session.stopReason !== undefined;
  }

  start(): this {
    void this.session.open();
    return this;
  }

  /** Like SIGTERM. */
  async stop(): Promise<void> {
    await this.session.close();
  }

  /** As for new certificates and passwords: everything is closed and reopened. */
  async rejoin(): Promise<void> {
    await this.session.close();
    this.session = this.#createSession(this.session.stopReason);
    await this.session.open();
  }

  /** Shutdown after a fatal error: nothing is drained. */
  async abandon(): Promise<void> {
    await this.session.close({ abandon: true });
  }

  /** Like SIGKILL: whatever it was doing, nothing more of it reaches the broker. */
  async kill(): Promise<void> {
    this.producer.die();
    const gone = Promise.all(this.consumers.map((consumer) => consumer.die()));
    void this.session.pipeline?.stopPolling();
    void this.session.pipeline?.stopPublishing();
    await gone;
  }

  #edition(config: Config): Edition {
    const { cascade, modelPool, model: ownModel = model, withCanary = (one) => one } = this.#options;
    const first = { number: 1, model: ownModel, pool: modelPool ?? this.pool };
    const cached = { cacheBytes: config.model.cache_bytes };
    const stage = cascade && 1;
    const decoder = createDecoder(config, ownModel, this.table, undefined, { ...cached, stage });
    if (cascade === undefined) return withCanary({ ...first, decoder }, this);
    const { below, model: other, pool } = cascade;
    const again = createDecoder(config, other, this.table, undefined, { stage: 2 });
    const second = { number: 2, stage: 2, model: other, pool, decoder: again } as const;
    return { ...first, stage: 1, decoder, cascade: { below, second } };
  }

  #createSession(stopReason?: string): Session {
    return new Session({
      shared: this.#shared,
      clients: async (config, { listener }) => this.#createClients(config, listener),
      logger: createLogger(this.#shared.config.logging),
      recentDeadLetters: new RecentDeadLetters(),
      listeners: { wantsResults: () => false, onResults: () => undefined },
      ...{ stopReason, tracer: this.#options.tracer?.(this.table) },
      onFatal: (error) => this.fatal.push(error),
    });
  }

  #createClients({ kafka }: Config, listener: RebalanceListener): KafkaClients {
    const common = { broker: this.#broker, ...this.#options };
    this.producer = createFakeProducer(kafka.delivery === 'exactly_once', {
      ...common,
      source: topics.requests,
    });
    const { consumer_threads: count, retry_topics: delays } = kafka;
    this.consumers = Array.from(
      { length: delays === undefined ? count : count + 1 },
      (_, index) =>
        new FakeConsumer({
          ...{ ...common, index, listener, topic: topics.requests },
          ...(index === count && {
            retryTopics: delays?.map((delay) => retryTopicName(topics.requests, delay)) ?? [],
          }),
        }),
    );
    return { consumers: this.consumers, producer: this.producer, close: async () => undefined };
  }

  #watchTable(): void {
    const { table } = this;
    const take = table.take.bind(table);
    table.take = (message, takenAt) => {
      const slot = take(message, takenAt);
      this.mostMessages = Math.max(this.mostMessages, table.usedCount);
      this.mostBytes = Math.max(this.mostBytes, table.bytes);
      return slot;
    };
  }
}

export function configOf(settings: Readonly<Record<string, unknown>> = {}): Config {
  return loadConfig({
    overrides: {
      'kafka.topic': topics.requests,
      'kafka.results_topic': topics.results,
      'kafka.dlq_topic': topics.deadLetters,
      'kafka.consumer_threads': 2,
      'kafka.buffer_size': 200,
      'kafka.max_poll_records': 40,
      'kafka.batch_size': 16,
      'kafka.batch_timeout_ms': 5,
      'kafka.transaction_interval_ms': 2,
      'kafka.retry_backoff_ms': 1,
      'kafka.dlq_stop_ratio': 0,
      'model.max_length': 32,
      'logging.level': 'fatal',
      ...settings,
    },
  }).config;
}

/** The text of a request: different for each number, with widely varying lengths. */
export function textOf(number: number): string {
  return `Number ${number} was ${'really '.repeat((number * 7) % 23)}${number % 2 ? 'good' : 'bad'}.`;
}

export function sendRequests(
  broker: FakeBroker,
  count: number,
  gapOf: (number: number) => number = () => 0,
): void {
  const partitions = broker.partitions(topics.requests).length;
  for (let i = 0; i < count; i++) sendRequest(broker, i % partitions, textOf(i), gapOf(i));
}

export function sendRequest(broker: FakeBroker, partition: number, text: string, gap = 0): void {
  broker.request(topics.requests, { partition, value: Buffer.from(JSON.stringify({ text })) }, gap);
}

/** Waits for `condition`; if that takes too long, says what it was waiting for. */
export async function until(what: string, condition: () => boolean, timeoutMs = 20_000): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`Timed out waiting until ${what}.`);
    await sleep(2);
  }
}

/** Waits until every request is answered, or until that can no longer succeed. Throws if it takes too long. */
export async function answeredOrBroken(
  broker: FakeBroker,
  requests: number,
  members: readonly Member[],
): Promise<string[]> {
  const isBroken = () => broker.audit.violations.length > 0 || members.some(({ fatal }) => fatal.length > 0);
  try {
    await until('every request is answered', () => broker.audit.answered === requests || isBroken());
    return [];
  } catch (error) {
    return [String(error)];
  }
}

/** What is wrong with the results and dead letters of `broker`; empty if every request came out correctly. */
export function faultsOf(broker: FakeBroker): string[] {
  const faults = [...broker.audit.violations];
  const answers = new Map<string, StoredRecord>();
  const last = new Map<string, number>();
  for (const record of broker.all(topics.results)) {
    const { partition, offset } = originOf(record);
    answers.set(`${partition}/${offset}`, record);
    if (headerOf(record.headers, 'x-retry-count') !== undefined) continue; // its order has been given up
    const way = `${partition} to ${record.partition}`;
    if (offset <= (last.get(way) ?? -1)) faults.push(`${way}: ${offset} is out of order`);
    last.set(way, offset);
  }
  for (const record of broker.all(topics.deadLetters)) {
    const { partition, offset } = originOf(record);
    answers.set(`${partition}/${offset}`, record);
  }
  for (const request of broker.all(topics.requests)) {
    const name = `${request.partition}/${request.offset}`;
    const answer = answers.get(name);
    if (answer === undefined) faults.push(`${name} is lost`);
    else if (answer.topic === topics.results && !isAnswerTo(request, answer))
      faults.push(`${name} got another's result`);
  }
  return faults;
}

export function deadLetterTypes(broker: FakeBroker): (string | undefined)[] {
  return broker.all(topics.deadLetters).map(({ headers }) => headerOf(headers, 'x-error-type'));
}

const table = new SlotTable(1);
const decoder = createDecoder(configOf(), model, table);

/** As the model of the fake pool and the Hugging Face tokenizer see it. */
export function tokensOf(text: string): number[] {
  decoder.decodeTexts([text], Int32Array.of(0), 1);
  return Array.from(decoder.tokens(0));
}

function isAnswerTo(request: StoredRecord, answer: StoredRecord): boolean {
  const { text } = JSON.parse(String(request.value)) as { text: string };
  const { label, score } = JSON.parse(String(answer.value)) as { label: string; score: number };
  const logits = logitsOf(tokensOf(text));
  const best = logits[0] >= logits[1] ? 0 : 1;
  const expected = 1 / (1 + Math.exp(logits[1 - best] as number) / Math.exp(logits[best] as number));
  return label === model.labels[best] && Math.abs(score - expected) < 1e-4;
}
