import { join } from 'node:path';
import type { Config } from '../config/schema.ts';
import type { KeyringSource } from '../crypto/keyring-source.ts';
import type { Decoder } from '../decode/decoder.ts';
import { BASELINE_FILE, readBaseline } from '../drift/baseline.ts';
import type { Profile } from '../drift/profile.ts';
import { KubesentimentError } from '../errors.ts';
import type { BackendModule } from '../infer/backend.ts';
import type { InferencePool } from '../infer/inference-pool.ts';
import type { Logger } from '../log.ts';
import { IdWindow } from '../consume/id-window.ts';
import { Counters } from '../metrics/counters.ts';
import { Exemplars } from '../metrics/exemplars.ts';
import {
  createDecoder,
  createPool,
  type LoadedWith,
  needsAllScores,
  readConfiguredModel,
} from '../predict/model-parts.ts';
import { Pauses } from '../pauses.ts';
import { checkRoutes, resultLabels } from '../predict/routes.ts';
import { StreamProcessor } from '../predict/stream-processor.ts';
import { openSchemas } from '../registry/open-schemas.ts';
import type { Schemas, SchemasObserver } from '../registry/schemas.ts';
import { slotCount } from '../session/build-pipeline.ts';
import type { ProcessedMessage } from '../session/commit-report.ts';
import { type KafkaClientsFactory, markGroup } from '../session/kafka-clients.ts';
import { RecentDeadLetters } from '../session/recent-dead-letters.ts';
import { Session } from '../session/session.ts';
import { SlotTable } from '../slots.ts';
import type { ModelInfo, RunState } from '../types.ts';
import type { Watchdog } from '../watchdog/watchdog.ts';
import { PauseControl } from './consumer-control.ts';
import { openKeyring } from './keyring.ts';
import { Monitor } from './monitor.ts';
import { TopicRequests } from '../config/topic-requests.ts';
import { createTraceParts, type TraceParts } from './trace-parts.ts';
import { buildInfo } from './versions.ts';

export interface ServiceHooks {
  readonly state: () => RunState;
  readonly onFatal: (error: unknown) => void;
  /** See `HighThroughputKafkaConsumerOptions`. */
  readonly backend?: BackendModule | undefined;
  readonly watchdog?: Watchdog | undefined;
  readonly wantsResults: () => boolean;
  readonly onResults: (messages: readonly ProcessedMessage[]) => void;
}

/** The ledger always checks offsets; ids are checked only if producers may send a request twice. */
function idWindow(kafka: Config['kafka']): IdWindow | undefined {
  if (kafka.dedup !== 'id') return undefined;
  return new IdWindow({ capacity: kafka.dedup_window, ttlS: kafka.dedup_ttl_s });
}

/** What the results are compared with. A file that cannot be used is no reason not to start. */
function findBaseline({ model: { path } }: Config, model: ModelInfo, logger: Logger): Profile | undefined {
  if (path === null) return undefined;
  const file = join(path, BASELINE_FILE);
  const found = readBaseline(file, { labels: resultLabels(model), modelVersion: model.version });
  if (found === undefined || 'counts' in found) return found?.counts;
  logger.warn('baseline_ignored', { file, reason: found.reason });
  return undefined;
}

function schemaLog({ schema_registry: { url } }: Config, logger: Logger): SchemasObserver {
  return {
    onTrouble: ({ message }) => logger.warn('schema_registry_away', { url, reason: message }),
    onAnswer: () => logger.info('schema_registry_back', { url }),
    onRefused: (schema, reason) => logger.error('schema_refused', { schema, reason }),
  };
}

/** One run: what a process creates once, and the session in which it is a member of the group. */
export class Service {
  readonly model: ModelInfo;
  readonly monitor: Monitor;
  readonly processor: StreamProcessor;
  readonly #config: Config;
  readonly #logger: Logger;
  readonly #hooks: ServiceHooks;
  readonly #clients: KafkaClientsFactory;
  readonly #table: SlotTable;
  readonly #allScores: Float32Array | undefined;
  readonly #decoder: Decoder;
  readonly #keyring: KeyringSource | undefined;
  readonly #schemas: Schemas | undefined;
  readonly #idWindow: IdWindow | undefined;
  readonly #pool: InferencePool;
  readonly #counters: Counters;
  readonly #recentDeadLetters = new RecentDeadLetters();
  readonly #exemplars = new Exemplars();
  /** Also of the next session: only a restart forgets it. */
  readonly #pauses = new Pauses();
  readonly control: PauseControl;
  #tracing: TraceParts | undefined;
  #loaded: LoadedWith = {};
  #session: Session | undefined;

  /** Reads the model directory. KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED. */
  constructor(config: Config, logger: Logger, clients: KafkaClientsFactory, hooks: ServiceHooks) {
    this.#config = config;
    this.#logger = logger;
    this.#clients = clients;
    this.#hooks = hooks;
    this.model = readConfiguredModel(config);
    checkRoutes(config, this.model);
    this.#counters = new Counters(resultLabels(this.model));
    this.#table = new SlotTable(slotCount(config));
    const labels = this.model.labels.length;
    this.#allScores = needsAllScores(config, this.model)
      ? new Float32Array(this.#table.capacity * labels)
      : undefined;
    this.#decoder = createDecoder(config, this.model, this.#table, this.#allScores);
    this.#keyring = openKeyring(config, logger);
    const readers = new TopicRequests(config).all.map((request, shape) => ({
      request,
      port: this.#decoder.schemas(shape),
    }));
    this.#schemas = openSchemas(config, readers, schemaLog(config, logger));
    this.#idWindow = idWindow(config.kafka);
    this.#pool = createPool(config, this.model, hooks.backend);
    this.processor = new StreamProcessor(config, this.model, this.#pool);
    this.control = new PauseControl({
      pauses: this.#pauses,
      topics: config.kafka.topic,
      session: () => this.#session,
      logger,
    });
    this.monitor = this.#createMonitor();
  }

  /** Loads the model and tries it, connects, joins the group and begins to read. */
  async start(): Promise<void> {
    this.#tracing = await createTraceParts(this.#config, this.#table, this.#exemplars);
    const { provider, unavailable, optimizersOff, traits } = await this.processor.start();
    this.#logger.info('model_loaded', {
      model: this.model.name,
      version: this.model.version,
      provider,
      unavailable,
      optimizers_off: optimizersOff,
    });
    this.#loaded = { provider, traits };
    for (const note of [...this.model.notes, ...(traits?.notes ?? [])])
      this.#logger.warn('model_note', { note });
    if (unavailable.length > 0) this.#logger.warn('provider_unavailable', { wanted: unavailable, provider });
    this.#hooks.watchdog?.start(); // what may take long has been done
    if (this.#config.kafka.enabled) await this.#join(this.#config);
    else this.#logger.warn('kafka_disabled');
  }

  /**
   * Leaves the group when everything in flight is committed, and rejoins it with the certificates and passwords of
   * `config`. If this fails, the process cannot recover.
   */
  async rejoin(config: Config): Promise<void> {
    await this.#session?.close();
    if (this.#hooks.state() === 'running') await this.#join(config); // otherwise there was a fatal error
  }

  /**
   * Drains and closes, each step within its time limit. `hasFailed`: nothing more may be committed. Rejects with
   * KS_DRAIN_TIMEOUT if something in flight was not finished; the next owner reads it again.
   */
  async stop(hasFailed: boolean): Promise<void> {
    this.#logger.info('service_draining', { inflight: this.#table.usedCount });
    const isDrained = (await this.#session?.close({ abandon: hasFailed })) ?? true;
    await this.close();
    this.#logger.info('service_stopped', { processed: this.#counters.messagesProcessed });
    if (isDrained) return;
    throw new KubesentimentError('KS_DRAIN_TIMEOUT', 'Not everything in flight could be finished in time.', {
      remedy: 'It will be read again. Raise drain_timeout_ms, or see why transactions take so long.',
    });
  }

  /** Ends the session, if still open, and the threads. Each step is attempted even if another fails. */
  async close(): Promise<void> {
    const steps: (() => Promise<unknown> | undefined)[] = [
      () => this.#session?.close({ abandon: true }),
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
    this.#schemas?.close();
    this.#keyring?.close();
    this.#decoder.close();
  }

  async #join(config: Config): Promise<void> {
    const { watchdog } = this.#hooks;
    if (config.kafka.bootstrap_servers[0] !== 'embedded') watchdog?.rememberIn(markGroup(config));
    const session = new Session({
      shared: {
        config,
        model: this.model,
        table: this.#table,
        allScores: this.#allScores,
        decoder: this.#decoder,
        keyring: this.#keyring,
        schemas: this.#schemas,
        idWindow: this.#idWindow,
        pool: this.#pool,
        loaded: this.#loaded,
        counters: this.#counters,
        inHand: watchdog?.inHand,
      },
      clients: this.#clients,
      logger: this.#logger,
      recentDeadLetters: this.#recentDeadLetters,
      listeners: { ...this.#hooks, onCommitted: this.#tracing?.onCommitted },
      observer: { onBatch: this.#tracing?.onBatch },
      stopReason: this.#session?.stopReason,
      pauses: this.#pauses,
      onFatal: this.#hooks.onFatal,
    });
    this.#session = session;
    await session.open();
  }

  #createMonitor(): Monitor {
    return new Monitor({
      config: this.#config,
      counters: this.#counters,
      exemplars: this.#exemplars,
      build: buildInfo(this.model, this.#config.kafka.delivery),
      table: this.#table,
      pool: this.#pool,
      session: () => this.#session,
      paused: () => this.control.paused(),
      baseline: findBaseline(this.#config, this.model, this.#logger),
      schemaTrouble: () => this.#schemas?.trouble,
      state: this.#hooks.state,
      predict: (texts, signal) => this.processor.predict(texts, signal),
      recentDeadLetters: () => this.#recentDeadLetters.newestFirst(),
    });
  }
}
