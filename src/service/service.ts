import type { ProducerClient } from '../clients.ts';
import type { Config } from '../config/schema.ts';
import type { KeyringSource } from '../crypto/keyring-source.ts';
import type { Decoder } from '../decode/decoder.ts';
import { KubesentimentError } from '../errors.ts';
import type { BackendModule } from '../infer/backend.ts';
import type { InferencePool } from '../infer/inference-pool.ts';
import type { Logger } from '../log.ts';
import { IdWindow } from '../consume/id-window.ts';
import { Counters } from '../metrics/counters.ts';
import { Exemplars } from '../metrics/exemplars.ts';
import { Assignments } from '../consume/assignments.ts';
import type { Pipeline } from '../pipeline/pipeline.ts';
import { SlotTable } from '../slots.ts';
import type { ModelInfo, RunState } from '../types.ts';
import { BrokerWatch } from '../session/broker-watch.ts';
import { buildPipeline, slotCount } from '../session/build-pipeline.ts';
import { CommitReport, type ProcessedMessage } from '../session/commit-report.ts';
import type { KafkaClients, KafkaClientsFactory } from '../session/kafka-clients.ts';
import { openKeyring } from './keyring.ts';
import { createDecoder, createPool, readConfiguredModel } from '../predict/model-parts.ts';
import { Monitor } from './monitor.ts';
import { RecentDeadLetters } from '../session/recent-dead-letters.ts';
import { StreamProcessor } from '../predict/stream-processor.ts';
import { createTraceParts, type TraceParts } from './trace-parts.ts';
import { buildInfo } from './versions.ts';

export interface ServiceHooks {
  readonly state: () => RunState;
  readonly onFatal: (error: unknown) => void;
  /** See `HighThroughputKafkaConsumerOptions`. */
  readonly backend?: BackendModule | undefined;
  readonly wantsResults: () => boolean;
  readonly onResults: (messages: readonly ProcessedMessage[]) => void;
}

/** Offsets are always checked, by the ledger; ids only where producers may send one twice. */
function idWindow(kafka: Config['kafka']): IdWindow | undefined {
  if (kafka.dedup !== 'id') return undefined;
  return new IdWindow({ capacity: kafka.dedup_window, ttlS: kafka.dedup_ttl_s });
}

/** One run: owns the parts, starts them in order and takes them down in the opposite one. */
export class Service {
  readonly model: ModelInfo;
  readonly monitor: Monitor;
  readonly processor: StreamProcessor;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #hooks: ServiceHooks;
  readonly #table: SlotTable;
  readonly #allScores: Float32Array | undefined;
  readonly #decoder: Decoder;
  readonly #keyring: KeyringSource | undefined;
  readonly #idWindow: IdWindow | undefined;
  readonly #pool: InferencePool;
  readonly #counters = new Counters();
  readonly #recentDeadLetters = new RecentDeadLetters();
  readonly #exemplars = new Exemplars();
  #tracing: TraceParts | undefined;
  readonly #assignments: Assignments;
  #clients: KafkaClients | undefined;
  #pipeline: Pipeline | undefined;
  #brokerWatch: BrokerWatch | undefined;
  #provider = 'cpu';
  #hasJoined = false;
  #stopReason: string | undefined;

  /** Reads the model directory. KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED. */
  constructor(config: Config, logger: Logger, hooks: ServiceHooks) {
    this.#config = config;
    this.#logger = logger;
    this.#hooks = hooks;
    this.model = readConfiguredModel(config);
    this.#table = new SlotTable(slotCount(config));
    const labels = this.model.labels.length;
    this.#allScores = config.model.return_all_scores
      ? new Float32Array(this.#table.capacity * labels)
      : undefined;
    this.#decoder = createDecoder(config, this.model, this.#table, this.#allScores);
    this.#keyring = openKeyring(config, logger);
    this.#idWindow = idWindow(config.kafka);
    this.#pool = createPool(config, this.model, hooks.backend);
    this.processor = new StreamProcessor(config, this.model, this.#pool);
    this.#assignments = new Assignments({
      table: this.#table,
      drainTimeoutMs: config.kafka.drain_timeout_ms,
      onRebalance: (kind, partitions, dropped) => this.#onRebalance(kind, partitions, dropped),
      onFatal: (error) => this.#fail(error),
    });
    this.monitor = this.#createMonitor();
  }

  /** Loads the model, connects, joins the group and begins to read. */
  async start(clients: KafkaClientsFactory): Promise<void> {
    this.#tracing = await createTraceParts(this.#config, this.#table, this.#exemplars);
    const { provider, unavailable } = await this.#pool.start();
    this.#logger.info('model_loaded', {
      model: this.model.name,
      version: this.model.version,
      provider,
      unavailable,
    });
    this.#provider = provider;
    if (unavailable.length > 0) this.#logger.warn('provider_unavailable', { wanted: unavailable, provider });
    if (!this.#config.kafka.enabled) {
      this.#logger.warn('kafka_disabled');
      this.#hasJoined = true; // there is nothing to wait for: predictions over HTTP are served
      return;
    }
    await this.#join(clients, this.#config);
  }

  /**
   * Leaves the group when everything in flight is committed, and joins it again with the certificates and passwords of
   * `config`. Of a failure on the way the process does not recover.
   */
  async rejoin(clients: KafkaClientsFactory, config: Config): Promise<void> {
    await this.#drain();
    await this.#pipeline?.stopPolling();
    await Promise.all(this.#clients?.consumers.map((consumer) => consumer.disconnect()) ?? []);
    await this.#pipeline?.stopPublishing();
    this.#brokerWatch?.close();
    await this.#clients?.producer.disconnect();
    await this.#clients?.close();
    this.#clients = undefined; // nothing is left to close a second time
    if (this.#hooks.state() === 'running') await this.#join(clients, config); // else a fatal error came
  }

  async #join(clients: KafkaClientsFactory, config: Config): Promise<void> {
    this.#clients = await clients(config, {
      listener: this.#assignments,
      onWarning: (error) => this.#warn(error),
      onFatal: (error) => this.#fail(error),
    });
    const { producer, consumers } = this.#clients;
    await producer.connect();
    await Promise.all(consumers.map((consumer) => consumer.connect()));
    this.#logger.info('broker_connected', {
      consumers: consumers.length,
      delivery: this.#config.kafka.delivery,
    });
    this.#checkPartitions(producer, consumers.length);
    this.#brokerWatch = new BrokerWatch(() => producer.ping());
    this.#pipeline = this.#createPipeline(this.#clients);
    for (const consumer of consumers) consumer.subscribe();
    this.#pipeline.start();
  }

  /**
   * Drains and closes, each step within its time. `hasFailed`: nothing more may be committed. Rejects with
   * KS_DRAIN_TIMEOUT when something in flight was not finished; it is read again by whoever comes next.
   */
  async stop(hasFailed: boolean): Promise<void> {
    this.#logger.info('service_draining', { inflight: this.#table.usedCount });
    const isDrained = hasFailed || (await this.#drain());
    await this.#pipeline?.stopPublishing();
    await this.close();
    this.#logger.info('service_stopped', { processed: this.#counters.messagesProcessed });
    if (isDrained) return;
    throw new KubesentimentError('KS_DRAIN_TIMEOUT', 'Not everything in flight could be finished in time.', {
      remedy: 'It will be read again. Raise drain_timeout_ms, or see why transactions take so long.',
    });
  }

  async #drain(): Promise<boolean> {
    const timeoutMs = this.#config.kafka.drain_timeout_ms;
    if (this.#pipeline === undefined) return true;
    await this.#pipeline.stopTaking();
    return this.#pipeline.drain(timeoutMs);
  }

  /** Leaves the group, closes the connections, ends the threads. Each step is tried, whatever the others do. */
  async close(): Promise<void> {
    const { consumers = [], producer } = this.#clients ?? {};
    this.#pipeline?.halt();
    this.#brokerWatch?.close();
    const steps: (() => Promise<unknown> | undefined)[] = [
      () => this.#pipeline?.stopPolling(),
      () => Promise.all(consumers.map((consumer) => consumer.disconnect())),
      () => producer?.disconnect(),
      () => this.#clients?.close(),
      () => this.processor.close(),
      () => this.#pool.close(),
      () => this.#tracing?.close(),
    ];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        this.#logger.warn('kafka_error', {}, error);
      }
    }
    this.monitor.close();
    this.#keyring?.close();
    this.#decoder.close();
  }

  #createPipeline(clients: KafkaClients): Pipeline {
    const { kafka } = this.#config;
    return buildPipeline({
      config: this.#config,
      clients,
      model: this.model,
      table: this.#table,
      allScores: this.#allScores,
      decoder: this.#decoder,
      keyring: this.#keyring,
      idWindow: this.#idWindow,
      pool: this.#pool,
      provider: this.#provider,
      assignments: this.#assignments,
      counters: this.#counters,
      report: new CommitReport({
        table: this.#table,
        counters: this.#counters,
        model: this.model,
        logger: this.#logger,
        hasDeadLetters: kafka.dlq_enabled,
        dlqStopRatio: kafka.dlq_stop_ratio,
        onFlood: () => this.#stopTaking(),
        recentDeadLetters: this.#recentDeadLetters,
        onCommitted: this.#tracing?.onCommitted,
        wantsResults: this.#hooks.wantsResults,
        onResults: this.#hooks.onResults,
      }),
      onBatch: this.#tracing?.onBatch,
      onInferenceFailure: (error, rows) =>
        this.#logger.warn('inference_failed', { rows, code: error.code }, error),
      onTransactionFailure: (error, attempt) => {
        this.#counters.transactionsAborted++;
        this.#logger.warn('transaction_aborted', { attempt, code: error.code }, error);
      },
      onFatal: (error) => this.#fail(error),
    });
  }

  /** A consumer without a partition only costs memory and makes rebalances longer. */
  #checkPartitions(producer: ProducerClient, consumers: number): void {
    const partitions = this.#config.kafka.topic.reduce(
      (sum, topic) => sum + producer.partitionCount(topic),
      0,
    );
    if (consumers > partitions) this.#logger.warn('consumers_idle', { consumers, partitions });
  }

  #createMonitor(): Monitor {
    return new Monitor({
      config: this.#config,
      counters: this.#counters,
      exemplars: this.#exemplars,
      build: buildInfo(this.model, this.#config.kafka.delivery),
      table: this.#table,
      pool: this.#pool,
      assignments: this.#assignments,
      pipeline: () => this.#pipeline,
      consumers: () => this.#clients?.consumers ?? [],
      state: this.#hooks.state,
      hasJoined: () => this.#hasJoined,
      brokerSilentMs: () => this.#brokerWatch?.silentMs ?? 0,
      stopReason: () => this.#stopReason,
      predict: (texts, signal) => this.processor.predict(texts, signal),
      recentDeadLetters: () => this.#recentDeadLetters.list,
    });
  }

  #fail(error: unknown): void {
    this.#pipeline?.halt();
    this.#hooks.onFatal(error);
  }

  /** Too large a share of the messages fails: better a person looks than the topic drains into dead letters. */
  #stopTaking(): void {
    if (this.#stopReason !== undefined) return;
    this.#stopReason = 'Too large a share of the messages became dead letters within a minute.';
    this.#logger.error('dead_letter_flood', { ratio_max: this.#config.kafka.dlq_stop_ratio });
    void this.#pipeline?.stopTaking();
  }

  #onRebalance(kind: 'assigned' | 'revoked', partitions: number, dropped: number): void {
    if (kind === 'assigned') this.#hasJoined = true;
    this.#counters.rebalances++;
    this.#logger.info(kind === 'assigned' ? 'partitions_assigned' : 'partitions_revoked', {
      partitions,
      dropped,
    });
  }

  #warn(error: KubesentimentError): void {
    const isUnreachable = error.code === 'KS_BROKER_UNREACHABLE';
    this.#logger.warn(isUnreachable ? 'broker_unreachable' : 'kafka_error', { code: error.code }, error);
  }
}
