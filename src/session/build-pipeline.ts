import type { MessageBatch } from '../classify/message-batch.ts';
import type { Config } from '../config/schema.ts';
import type { IdWindow } from '../consume/id-window.ts';
import { Decoder } from '../decode/decoder.ts';
import { DeadLetterQueue } from '../publish/dead-letter-queue.ts';
import type { KubesentimentError } from '../errors.ts';
import type { ModelPool } from '../infer/model-pool.ts';
import type { Counters } from '../metrics/counters.ts';
import type { Assignments } from '../consume/assignments.ts';
import { Pipeline } from '../pipeline/pipeline.ts';
import { Records } from '../publish/records.ts';
import { AtLeastOnceDelivery, ExactlyOnceDelivery } from '../publish/delivery.ts';
import type { SlotTable } from '../slots.ts';
import { errorTypes, type ModelInfo } from '../types.ts';
import type { KeyringSource } from '../crypto/keyring-source.ts';
import { holdsNoPlainText, Decrypter } from '../consume/decrypter.ts';
import type { CommitReport } from './commit-report.ts';
import type { KafkaClients } from './kafka-clients.ts';
import { batchLimits, createBatcher } from '../predict/model-parts.ts';

export interface PipelineIngredients {
  readonly config: Config;
  readonly clients: KafkaClients;
  readonly model: ModelInfo;
  readonly table: SlotTable;
  /** float32 [slots, labels] when all scores are wanted. */
  readonly allScores: Float32Array | undefined;
  readonly decoder: Decoder;
  /** undefined: there is none, and encrypted requests fail. */
  readonly keyring?: KeyringSource | undefined;
  readonly pool: ModelPool;
  /** Ids that were seen; undefined unless asked for. */
  readonly idWindow?: IdWindow | undefined;
  /** The execution provider that the model was loaded with. */
  readonly provider?: string;
  readonly assignments: Assignments;
  readonly counters: Counters;
  readonly report: CommitReport;
  /** See `ClassifierOptions`. */
  readonly onBatch?: ((batch: MessageBatch) => (error?: unknown) => void) | undefined;
  readonly onInferenceFailure?: ((error: KubesentimentError, rows: number) => void) | undefined;
  readonly onTransactionFailure: (error: KubesentimentError, attempt: number) => void;
  readonly onFatal: (error: unknown) => void;
}

/** Slots that only the one message of a paused poll may use, for each consumer. */
const SLACK_PER_CONSUMER = 2;
/** Messages that wait for inference at least (a few batches for each thread) and at most (in polls). */
const READ_AHEAD_MIN = 512;
const READ_AHEAD_POLLS = 4;

/** `buffer_size` messages, and a few places that are never given out for more. */
export function slotCount({ kafka }: Config): number {
  return kafka.buffer_size + SLACK_PER_CONSUMER * kafka.consumer_threads;
}

/** Turns configuration into the parts of the pipeline. The only place that knows both. */
export function buildPipeline(ingredients: PipelineIngredients): Pipeline {
  const { config, clients, model, table, allScores, decoder, keyring, pool, assignments, counters } =
    ingredients;
  const { kafka } = config;
  const { producer, consumers } = clients;
  const Delivery = kafka.delivery === 'exactly_once' ? ExactlyOnceDelivery : AtLeastOnceDelivery;
  const batcher = createBatcher(config, model, table, ingredients.provider);
  const records = new Records({
    table,
    decoder,
    producer,
    resultsTopic: kafka.results_topic,
    deadLetters: kafka.dlq_enabled ? new DeadLetterQueue({ topic: kafka.dlq_topic }) : undefined,
    keepsValue: (status) => !config.encryption.require || holdsNoPlainText(status),
    slotsMax: kafka.transaction_max_messages,
  });
  return new Pipeline({
    consumers,
    assignments,
    intake: {
      table,
      decoder,
      decrypter: keyring && new Decrypter({ table, decoder, pollMax: kafka.max_poll_records, keyring }),
      idWindow: ingredients.idWindow,
      waiting: batcher,
      assignments,
      counters,
      errorTypeOf: (status) => errorTypes.indexOf(Decoder.describe(status).errorType),
      pollMax: kafka.max_poll_records,
      readAhead: {
        messagesMin: Math.min(kafka.buffer_size, READ_AHEAD_MIN),
        messagesMax: Math.min(kafka.buffer_size, Math.max(READ_AHEAD_MIN, READ_AHEAD_POLLS * kafka.max_poll_records)),
      },
      bytesMax: kafka.buffer_bytes,
      slack: SLACK_PER_CONSUMER * consumers.length,
    },
    classify: {
      table,
      allScores,
      decoder,
      batcher,
      pool,
      limits: batchLimits(config, ingredients.provider),
      labels: model.labels.length,
      retriesMax: kafka.max_retries,
      retryBackoffMs: kafka.retry_backoff_ms,
      counters,
      onBatch: ingredients.onBatch,
      onFailure: ingredients.onInferenceFailure,
    },
    records,
    publish: {
      producer,
      delivery: new Delivery(producer, (consumer) => assignments.fenced(consumer)),
      messagesMax: kafka.transaction_max_messages,
      intervalMs: kafka.transaction_interval_ms,
      onCommitted: (slots, count, durationMs) => {
        ingredients.report.committed(slots, count, durationMs);
        records.restore();
      },
      onFailure: (error, attempt) => {
        if (error.code === 'KS_RECORD_TOO_LARGE') records.shrink();
        ingredients.onTransactionFailure(error, attempt);
      },
    },
    onFatal: ingredients.onFatal,
  });
}
