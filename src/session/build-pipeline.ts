import type { RunningConfig } from '../config/running.ts';
import type { Config } from '../config/schema.ts';
import type { Assignments } from '../consume/assignments.ts';
import { Attached } from '../decode/attached.ts';
import { Decrypter, holdsNoPlainText } from '../consume/decrypter.ts';
import type { IdWindow } from '../consume/id-window.ts';
import { Rereader } from '../consume/rereader.ts';
import type { KeyringSource } from '../crypto/keyring-source.ts';
import type { Decoder } from '../decode/decoder.ts';
import { recognize } from '../decode/recognize.ts';
import type { InHand } from '../in-hand.ts';
import type { Counters } from '../metrics/counters.ts';
import { Pipeline, type PipelineParts, type PipelineSettings } from '../pipeline/pipeline.ts';
import type { StageModel } from '../classify/cascade.ts';
import type { ClassifierModel } from '../classify/classifiers.ts';
import type { CanaryOf, Edition, Editions } from '../predict/editions.ts';
import { batchLimits, createBatcher, scoreSettings } from '../predict/model-parts.ts';
import { routesOf, schemaIdsOf } from '../predict/routes.ts';
import { DeadLetterQueue } from '../publish/dead-letter-queue.ts';
import { createDelivery } from '../publish/delivery.ts';
import { Records, type ResultWriter } from '../publish/records.ts';
import type { Schemas } from '../registry/schemas.ts';
import { openRetryTopics, type RetryTopics } from '../retry-topics.ts';
import type { SlotTable } from '../slots.ts';
import { requestOf, TopicRequests } from '../config/topic-requests.ts';
import type { KafkaClients } from './kafka-clients.ts';

/** What a process creates once, however often it joins the group. */
export interface SharedParts {
  /** As it was when the membership began. */
  readonly config: Config;
  /** As it is now: for keys that change while the service runs. */
  readonly running: Pick<RunningConfig, 'current'>;
  readonly table: SlotTable;
  /** The model, and those before it that have messages in flight. */
  readonly editions: Editions;
  /** If undefined, there is no keyring and encrypted requests fail. */
  readonly keyring?: KeyringSource | undefined;
  /** Schemas of values that have one; undefined unless `request.format` says so. */
  readonly schemas?: Schemas | undefined;
  /** By topic: the id of the schema of its results; undefined unless `result.format` says so. */
  readonly resultSchemas?: ReadonlyMap<string, number> | undefined;
  /** Ids that were seen; undefined unless enabled. */
  readonly idWindow?: IdWindow | undefined;
  readonly counters: Counters;
  /** For the watchdog, where there is one. */
  readonly inHand?: InHand | undefined;
}

/** What belongs to one membership. */
export interface MembershipParts extends SharedParts {
  /** Where messages wait whose failure may pass; undefined if none do. */
  readonly retries?: RetryTopics | undefined;
}

/** Slots per consumer that are reserved for the one message of a paused poll. */
const SLACK_PER_CONSUMER = 2;
/** Bounds for the messages waiting for inference: at least a few batches per thread, at most a few polls. */
const READ_AHEAD_MIN = 512;
const READ_AHEAD_POLLS = 4;
/** More would only get stale in memory, whatever the target allows. */
const READ_AHEAD_MAX_MS = 400;

/** `buffer_size` messages, plus a few slots that are never used for more. */
export function slotCount({ kafka }: Config): number {
  const consumers = kafka.consumer_threads + (kafka.retry_topics === undefined ? 0 : 1);
  return kafka.buffer_size + SLACK_PER_CONSUMER * consumers;
}

/** Turns configuration into a pipeline. The only place that knows both. */
export function buildPipeline(
  shared: MembershipParts,
  clients: KafkaClients,
  assignments: Assignments,
  observer: PipelineParts['observer'],
  onFatal: (error: unknown) => void,
): Pipeline {
  const { config, table, editions, keyring, retries } = shared;
  const { decoder } = editions;
  const { kafka } = config;
  const { consumers, producer } = clients;
  const requests = new TopicRequests(config);
  return new Pipeline(pipelineSettings(shared, requests, consumers.length), {
    ...shared,
    decoder,
    model: classifierModel(shared, editions.current),
    consumers,
    assignments,
    attached: Attached.of(...requests.all),
    decrypter: keyring && new Decrypter({ table, decoder, pollMax: kafka.max_poll_records, keyring }),
    records: new Records({
      table,
      writerOf: resultWriters(shared),
      producer,
      resultsTopic: kafka.results_topic,
      group: kafka.consumer_group,
      carried: config.result,
      retries,
      recognize: (message) => recognize(message, requestOf(config, message.topic)),
      deadLetters: kafka.dlq_enabled
        ? new DeadLetterQueue({ topic: kafka.dlq_topic, group: kafka.consumer_group })
        : undefined,
      keepsValue: (status) => !config.encryption.require || holdsNoPlainText(status),
      slotsMax: kafka.transaction_max_messages,
    }),
    producer,
    delivery: createDelivery(producer, (consumer) => assignments.fenced(consumer)),
    observer,
    onFatal,
  });
}

/** What a pipeline classifies with, once it is given this edition of the model. */
export function classifierModel(shared: SharedParts, edition: Edition): ClassifierModel {
  const { cascade, canary, decoder } = edition;
  const first = { ...stageModel(shared, edition), cache: decoder.hasCache ? decoder : undefined };
  if (canary !== undefined && !canary.trial.isOver) return withCanary(shared, first, edition, canary);
  if (cascade === undefined) return first;
  const { below, second } = cascade;
  return {
    ...first,
    second: {
      ...{ below, model: stageModel(shared, second) },
      rereader: rereaderOf(shared, second.decoder, shared.config.kafka.batch_size),
    },
  };
}

function withCanary(
  shared: SharedParts,
  first: ClassifierModel,
  { decoder }: Edition,
  { next, trial }: CanaryOf<Edition>,
): ClassifierModel {
  const countMax = shared.config.kafka.batch_size;
  const model = stageModel(shared, next);
  return {
    ...first,
    pool: trial.watchOld(first.pool),
    canary: {
      ...{ trial, countMax, model: { ...model, pool: trial.watchNew(model.pool) } },
      rereader: rereaderOf(shared, next.decoder, countMax),
      back: rereaderOf(shared, decoder, 1),
    },
  };
}

/** Reads for another model what the first has read, up to `countMax` messages at once. */
export function rereaderOf(
  { config, table, keyring }: Pick<SharedParts, 'config' | 'table' | 'keyring'>,
  decoder: Decoder,
  countMax: number,
): Rereader {
  const requests = new TopicRequests(config);
  return new Rereader({
    ...{ table, decoder, countMax },
    attached: Attached.of(...requests.all),
    decrypter: keyring && new Decrypter({ table, decoder, pollMax: countMax, keyring }),
    shapeOf: shapeOf(requests, openRetryTopics(config.kafka)),
  });
}

/** By the topic that a message is read from; undefined where all requests look alike. */
function shapeOf(
  requests: TopicRequests,
  retries?: RetryTopics | undefined,
): ((topic: string) => number) | undefined {
  if (requests.all.length === 1) return undefined;
  return (topic) => requests.shapeOf(retries?.find(topic)?.requests ?? topic);
}

function stageModel({ config, running, table }: SharedParts, edition: Edition): StageModel {
  const { number, model, decoder, allScores, pool, loaded } = edition;
  return {
    ...{ edition: number, decoder, allScores, pool },
    batcher: createBatcher(config, model, table, loaded, () => running.current.kafka.batch_timeout_ms),
    settings: {
      ...scoreSettings(model, loaded?.traits),
      limits: batchLimits(config, model, loaded),
      get retriesMax() {
        return running.current.kafka.max_retries;
      },
      get retryBackoffMs() {
        return running.current.kafka.retry_backoff_ms;
      },
    },
  };
}

/** By the number of an edition, which is used again: they are remembered by the edition. */
function resultWriters({ config, editions, resultSchemas }: SharedParts): (number: number) => ResultWriter {
  const writers = new WeakMap<Edition, ResultWriter>();
  return (number) => {
    const edition = editions.of(number);
    const writer = writers.get(edition) ?? {
      decoder: edition.decoder,
      routes: routesOf(config, edition.model),
      schemaIds: schemaIdsOf(config, edition.model, resultSchemas),
    };
    writers.set(edition, writer);
    return writer;
  };
}

/** Getters where the value can change while the pipeline runs. */
export function pipelineSettings(
  { config, running, editions, retries }: MembershipParts,
  requests: TopicRequests,
  consumers: number,
): PipelineSettings {
  const { kafka } = config;
  const { model, loaded } = editions.current;
  const pollsMax = Math.max(READ_AHEAD_MIN, READ_AHEAD_POLLS * kafka.max_poll_records);
  return {
    intake: {
      pollMax: kafka.max_poll_records,
      readAhead: {
        messagesMin: Math.min(kafka.buffer_size, READ_AHEAD_MIN),
        messagesMax: Math.min(kafka.buffer_size, pollsMax),
        get aheadMs() {
          return Math.min(READ_AHEAD_MAX_MS, running.current.kafka.latency_target_ms);
        },
      },
      bytesMax: kafka.buffer_bytes,
      shapeOf: shapeOf(requests, retries),
      skipsTombstones: requests.all.map(({ tombstones }) => tombstones === 'skip'),
      slack: SLACK_PER_CONSUMER * consumers,
    },
    publish: {
      messagesMax: kafka.transaction_max_messages,
    },
    pace: {
      get targetMs() {
        return running.current.kafka.latency_target_ms;
      },
      get intervalMs() {
        return running.current.kafka.transaction_interval_ms;
      },
      get spacingMaxMs() {
        return running.current.kafka.batch_timeout_ms;
      },
      batchTokens: batchLimits(config, model, loaded).tokensMax,
      threads: config.model.max_threads,
    },
  };
}
