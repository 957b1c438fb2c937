import type { LoadedConfig } from '../config/load.ts';
import type { RunningConfig } from '../config/running.ts';
import type { Config } from '../config/schema.ts';
import type { KeyringSource } from '../crypto/keyring-source.ts';
import type { Drift } from '../drift/drift.ts';
import { KubesentimentError } from '../errors.ts';
import type { BackendModule } from '../infer/backend.ts';
import type { Logger } from '../log.ts';
import type { IdWindow } from '../consume/id-window.ts';
import { Counters } from '../metrics/counters.ts';
import { Exemplars } from '../metrics/exemplars.ts';
import { Editions } from '../predict/editions.ts';
import { Pauses } from '../pauses.ts';
import type { StreamProcessor } from '../predict/stream-processor.ts';
import { retryTopicsOf } from '../config/topics.ts';
import { openSchemas } from '../registry/open-schemas.ts';
import type { Schemas } from '../registry/schemas.ts';
import { slotCount } from '../session/build-pipeline.ts';
import type { ProcessedMessage } from '../session/commit-report.ts';
import { type KafkaClientsFactory, markGroup } from '../session/kafka-clients.ts';
import { RecentDeadLetters } from '../session/recent-dead-letters.ts';
import { Session } from '../session/session.ts';
import { SlotTable } from '../slots.ts';
import type { ModelInfo, RunState } from '../types.ts';
import type { Watchdog } from '../watchdog/watchdog.ts';
import { Beside } from './beside.ts';
import { ConfigReload } from './config-reload.ts';
import { PauseControl } from './consumer-control.ts';
import { firstModel } from './first-model.ts';
import { openKeyring } from './keyring.ts';
import { LoadedModel } from './loaded-model.ts';
import { driftOf, recordBaseline } from './model-drift.ts';
import { ModelReload, type ModelReloadOptions } from './model-reload.ts';
import { ModelWatch } from './model-watch.ts';
import { Monitor } from './monitor.ts';
import { SchemaPorts } from './schema-ports.ts';
import { idWindow, resultSchemasOf, schemaLog } from './own-parts.ts';
import { createTraceParts, type TraceParts } from './trace-parts.ts';
import { buildInfo } from './versions.ts';

export interface ServiceHooks {
  readonly state: () => RunState;
  readonly onFatal: (error: unknown) => void;
  /** See `HighThroughputKafkaConsumerOptions`. */
  readonly backend?: BackendModule | undefined;
  readonly watchdog?: Watchdog | undefined;
  /** Reads the configuration again. */
  readonly readConfig: () => LoadedConfig;
  readonly wantsResults: () => boolean;
  readonly onResults: (messages: readonly ProcessedMessage[]) => void;
}

/** One run: what a process creates once, and the session in which it is a member of the group. */
export class Service {
  readonly monitor: Monitor;
  readonly #running: RunningConfig;
  readonly #logger: Logger;
  readonly #hooks: ServiceHooks;
  readonly #clients: KafkaClientsFactory;
  readonly #table: SlotTable;
  readonly #editions: Editions<LoadedModel>;
  readonly #schemaPorts: SchemaPorts;
  readonly #keyring: KeyringSource | undefined;
  readonly #schemas: Schemas | undefined;
  readonly #idWindow: IdWindow | undefined;
  readonly #counters = new Counters();
  readonly #recentDeadLetters = new RecentDeadLetters();
  readonly #exemplars = new Exemplars();
  /** Also of the next session: only a restart forgets it. */
  readonly #pauses = new Pauses();
  readonly control: PauseControl;
  readonly modelReload: ModelReload;
  readonly beside: Beside;
  readonly configReload: ConfigReload;
  #modelWatch: ModelWatch | undefined;
  #drift: Drift;
  #tracing: TraceParts | undefined;
  /** By topic; undefined if results have no schemas. */
  #resultSchemas: ReadonlyMap<string, number> | undefined;
  #session: Session | undefined;
  readonly #startEnd = new AbortController();

  /** Reads the model directory. KS_MODEL_NOT_FOUND, KS_MODEL_INVALID, KS_MODEL_UNSUPPORTED. */
  constructor(running: RunningConfig, logger: Logger, clients: KafkaClientsFactory, hooks: ServiceHooks) {
    const config = running.current;
    this.#running = running;
    this.#logger = logger;
    this.#clients = clients;
    this.#hooks = hooks;
    this.#table = new SlotTable(slotCount(config));
    const counted = { counters: this.#counters, logger };
    this.#editions = new Editions(firstModel(config, { ...counted, create: this.#createModel.bind(this) }));
    this.#drift = driftOf(config, this.#editions.current, this.#counters, this.#logger);
    this.#keyring = openKeyring(config, logger);
    this.beside = new Beside({
      ...{ ...counted, running, table: this.#table, editions: this.#editions, keyring: this.#keyring },
      hasWork: () => (this.#session?.pipeline?.waiting ?? 0) > 0,
      reload: () => this.modelReload,
      onFatal: hooks.onFatal,
    });
    this.#schemaPorts = new SchemaPorts(() => this.#editions.current.decoders);
    this.#schemas = openSchemas(config, this.#schemaPorts.readersOf(config), schemaLog(config, logger));
    this.#idWindow = idWindow(config.kafka);
    this.control = new PauseControl({
      pauses: this.#pauses,
      topics: [...config.kafka.topic, ...retryTopicsOf(config)],
      requests: config.kafka.topic,
      session: () => this.#session,
      logger,
    });
    this.modelReload = this.#createReload();
    if (config.model.watch && config.model.path !== null)
      this.#modelWatch = new ModelWatch(running, this.modelReload);
    this.configReload = this.#createConfigReload();
    this.monitor = this.#createMonitor();
  }

  get #config(): Config {
    return this.#running.current;
  }

  /** The one that new messages go to. */
  get model(): ModelInfo {
    return this.#editions.current.model;
  }

  /** Predictions with that model, beside the pipeline. */
  get processor(): StreamProcessor {
    return this.#editions.current.processor;
  }

  /** With `model.watch`: looks at the model directory from now on. */
  watchModel(): void {
    this.#modelWatch?.begin();
  }

  /** Loads the model and tries it, has the schemas of results, connects, joins the group and begins to read. */
  async start(): Promise<void> {
    this.#tracing = await createTraceParts(this.#config, this.#table, this.#exemplars, this.#logger);
    const { current } = this.#editions;
    const started = await current.start(this.#logger, { needsCanary: false });
    const { provider, unavailable, optimizersOff } = started;
    const found = { provider, unavailable, optimizers_off: optimizersOff };
    this.#logger.info('model_loaded', { model: this.model.name, version: this.model.version, ...found });
    this.beside.use(this.#config);
    const { signal } = this.#startEnd;
    if (this.#config.kafka.enabled)
      this.#resultSchemas = await resultSchemasOf(this.#config, this.#logger, signal);
    this.#hooks.watchdog?.start(); // what may take long has been done
    if (this.#config.kafka.enabled) await this.#join();
    else this.#logger.warn('kafka_disabled');
  }

  /** A start that waits for the Schema Registry waits no longer, and rejects with KS_STATE. */
  endStart(): void {
    this.#startEnd.abort(
      new KubesentimentError('KS_STATE', 'The consumer was stopped while it was starting.'),
    );
  }

  /**
   * Leaves the group when everything in flight is committed, and rejoins it with the certificates and passwords that
   * the configuration has now. If this fails, the process cannot recover.
   */
  async rejoin(): Promise<void> {
    await this.#session?.close();
    if (this.#hooks.state() === 'running') await this.#join(); // otherwise there was a fatal error
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
      () => this.#modelWatch?.close(),
      () => this.modelReload.close(),
      async () => this.beside.close(),
      () => this.#editions.current.close(),
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
  }

  async #join(): Promise<void> {
    const { watchdog } = this.#hooks;
    const config = this.#config;
    if (config.kafka.bootstrap_servers[0] !== 'embedded') watchdog?.rememberIn(markGroup(config));
    const session = new Session({
      shared: {
        config,
        running: this.#running,
        ...{ table: this.#table, editions: this.#editions, counters: this.#counters },
        ...{ keyring: this.#keyring, schemas: this.#schemas, resultSchemas: this.#resultSchemas },
        idWindow: this.#idWindow,
        inHand: watchdog?.inHand,
      },
      clients: this.#clients,
      logger: this.#logger,
      recentDeadLetters: this.#recentDeadLetters,
      listeners: {
        ...this.#hooks,
        onCommitted: (slots, count) => {
          this.#tracing?.onCommitted(slots, count);
          this.beside.observe(slots, count);
        },
      },
      tracer: this.#tracing?.tracer,
      stopReason: this.#session?.stopReason,
      pauses: this.#pauses,
      onFatal: this.#hooks.onFatal,
    });
    this.#session = session;
    await session.open();
  }

  #createModel(...[config, models, number, prepared]: Parameters<ModelReloadOptions['create']>): LoadedModel {
    const { backend } = this.#hooks;
    return new LoadedModel({ config, table: this.#table, backend, prepared }, models, number);
  }

  #createConfigReload(): ConfigReload {
    return new ConfigReload({
      running: this.#running,
      read: this.#hooks.readConfig,
      model: this.modelReload,
      logger: this.#logger,
      isRunning: () => this.#hooks.state() === 'running',
    });
  }

  #createReload(): ModelReload {
    const beginDrift = (config: Config): void => {
      this.#drift = driftOf(config, this.#editions.current, this.#counters, this.#logger);
    };
    return new ModelReload({
      running: this.#running,
      logger: this.#logger,
      counters: this.#counters,
      table: this.#table,
      editions: this.#editions,
      create: (...args) => this.#createModel(...args),
      onUse: (config, model) => {
        for (const decoder of model.decoders) this.#schemaPorts.fill(decoder);
        this.#session?.useModel();
        this.beside.use(config);
        beginDrift(config);
      },
      onUnchanged: () => beginDrift(this.#config),
      isRunning: () => this.#hooks.state() === 'running',
      onFatal: this.#hooks.onFatal,
    });
  }

  #createMonitor(): Monitor {
    return new Monitor({
      config: this.#config,
      current: () => this.#config,
      counters: this.#counters,
      exemplars: this.#exemplars,
      build: () => buildInfo(this.model, this.#config.kafka.delivery),
      table: this.#table,
      pools: () => this.#editions.all.flatMap(({ pools }) => pools),
      session: () => this.#session,
      paused: () => this.control.paused(),
      drift: () => this.#drift,
      schemaTrouble: () => this.#schemas?.trouble,
      state: this.#hooks.state,
      shadow: () => this.beside.shadow.report(),
      canary: () => this.beside.canary.report(),
      baseline: () => recordBaseline(this.#drift, this.#editions.current),
      predict: (texts, signal, isExplained) =>
        this.#editions.current.predict(texts, { signal, isExplained: isExplained === true }),
      recentDeadLetters: () => this.#recentDeadLetters.newestFirst(),
    });
  }
}
