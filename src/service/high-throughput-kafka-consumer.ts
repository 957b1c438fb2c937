import { EventEmitter } from 'node:events';
import { type LoadedConfig, type LoadOptions, loadConfig, unchanging } from '../config/load.ts';
import { RunningConfig } from '../config/running.ts';
import type { Config } from '../config/schema.ts';
import { bug, KubesentimentError } from '../errors.ts';
import type { BackendModule } from '../infer/backend.ts';
import { createLogger, type Logger } from '../log.ts';
import type { KafkaMetrics } from '../metrics/kafka-metrics.ts';
import type { RunState } from '../types.ts';
import { checkClients } from './client-checks.ts';
import { CredentialWatch } from './credential-watch.ts';
import { checkCertificates, credentialFiles, withCredentials } from './credentials.ts';
import { type KafkaClientsFactory, rdkafkaClients, tryToConnect } from '../session/kafka-clients.ts';
import type { ProcessedMessage } from '../session/commit-report.ts';
import type { Watchdog } from '../watchdog/watchdog.ts';
import { ResultReaders, type ResultStream, type ResultsOptions } from './result-readers.ts';
import { Service } from './service.ts';

export interface HighThroughputKafkaConsumerOptions extends LoadOptions {
  /** A configuration that has already been loaded; takes precedence over the other options. */
  readonly config?: Config;
  /** Reads the configuration again: when asked to, and when a file with a certificate or a password has changed. */
  readonly reload?: () => LoadedConfig;
  /** Default: created from the section `logging`. */
  readonly logger?: Logger;
  /** What runs the model in `model.path`. Default: ONNX Runtime, or nothing if the path is null. */
  readonly backend?: BackendModule;
  /** Ends the process when its event loop stands still. Default: none, for the process belongs to others. */
  readonly watchdog?: Watchdog | undefined;
  /** For tests: an in-memory broker. */
  readonly clients?: KafkaClientsFactory;
}

export interface StartOptions {
  /** Stops the consumer, as `stop` does, when it aborts. Ignored once the consumer has stopped. */
  readonly signal?: AbortSignal | undefined;
}

interface Events {
  /** After each commit: the results it made visible. Nothing is built while nobody listens. */
  results: [messages: readonly ProcessedMessage[]];
  state: [state: RunState];
  /** The consumer stopped because of this error; `stop()` still has to be called. */
  error: [error: KubesentimentError];
}

/**
 * Reads requests from Kafka, classifies them and writes the results back, each exactly once.
 *
 *     const consumer = new HighThroughputKafkaConsumer({ settings: { kafka: { bootstrap_servers: ['kafka:9092'] } } });
 *     consumer.on('results', (messages) => …);
 *     await consumer.start();
 */
export class HighThroughputKafkaConsumer extends EventEmitter<Events> implements AsyncDisposable {
  readonly logger: Logger;
  readonly #running: RunningConfig;
  readonly #backend: BackendModule | undefined;
  readonly #watchdog: Watchdog | undefined;
  readonly #clients: KafkaClientsFactory;
  readonly #read: () => LoadedConfig;
  /** Watches certificates and passwords. */
  readonly #credentialFiles: readonly string[];
  readonly #readers = new ResultReaders();
  #credentials: CredentialWatch | undefined;
  #state: RunState = 'stopped';
  #service: Service | undefined;
  #starting: Promise<void> | undefined;
  #stopping: Promise<void> | undefined;
  /** Removes the listener from the signal of this run. */
  #ignoreSignal: (() => void) | undefined;
  /** What ended this run. */
  #failure: KubesentimentError | undefined;

  /** Throws KS_CONFIG_INVALID, which lists everything that is wrong. */
  constructor(options: HighThroughputKafkaConsumerOptions = {}) {
    super();
    const { config, reload = () => (config ? unchanging(config) : loadConfig(options)) } = options;
    const loaded = reload();
    this.#running = new RunningConfig(config ?? loaded.config);
    this.#read = reload;
    this.#credentialFiles = this.config.kafka.enabled ? credentialFiles(loaded) : [];
    this.logger = options.logger ?? createLogger(this.config.logging);
    this.#backend = options.backend;
    this.#watchdog = options.watchdog;
    this.#clients = options.clients ?? rdkafkaClients;
  }

  /**
   * Loads the model, connects and joins the group; messages flow when it resolves. Rejects with
   * KS_CLIENT_MISSING, KS_CLIENT_UNPATCHED, KS_MODEL_…, KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING, KS_NOT_AUTHORIZED,
   * KS_REGISTRY_UNREACHABLE, and with KS_STATE where `signal` has aborted, or `stop` ended the wait for a registry.
   */
  start({ signal }: StartOptions = {}): Promise<void> {
    if (this.#state !== 'stopped') {
      return Promise.reject(new KubesentimentError('KS_STATE', `The consumer is ${this.#state}.`));
    }
    if (signal?.aborted) {
      const aborted = { cause: signal.reason };
      return Promise.reject(new KubesentimentError('KS_STATE', 'The signal has already aborted.', aborted));
    }
    this.#stopping = undefined;
    this.#failure = undefined;
    if (signal !== undefined) this.#stopOnAbort(signal);
    this.#starting = this.#start().catch((error) => {
      this.#ignoreSignal?.();
      this.#readers.end(this.#stopping === undefined ? error : undefined);
      throw error;
    });
    return this.#starting;
  }

  /**
   * Takes no more messages, finishes and commits those in flight within `drain_timeout_ms`, leaves the
   * group. Never rejects twice; calling it again returns the same promise.
   */
  stop(): Promise<void> {
    if (this.#state === 'stopped') this.#readers.end();
    this.#stopping ??= this.#stop();
    return this.#stopping;
  }

  /** For `await using`: the same as `stop`. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /**
   * The same results as the event, from this call on, one array for each commit:
   * `for await (const messages of consumer.results())`. A slow reader slows nothing: what does not fit its buffer is
   * dropped for this reader and counted in `dropped`. Ends when the consumer stops; rejects if the consumer fails,
   * or its start does. Throws KS_USAGE if `bufferMax` is not a number of at least 1.
   */
  results({ bufferMax = this.config.kafka.buffer_size }: ResultsOptions = {}): ResultStream {
    if (!(bufferMax >= 1))
      throw new KubesentimentError('KS_USAGE', '`bufferMax` must be a number from 1 on.');
    const stream = this.#readers.open({
      bufferMax,
      onDropped: () => this.logger.warn('results_dropped', { buffer: bufferMax }),
    });
    if (this.#state === 'failed') this.#readers.end(this.#failure);
    return stream;
  }

  /**
   * Takes up what is in the model directory, while messages flow. What comes of it is logged, and a model that cannot
   * be used changes nothing. Resolves when new messages go to the new model, or the old one goes on.
   */
  async reloadModel(): Promise<void> {
    await this.#service?.modelReload.reload().catch(() => undefined);
  }

  /** Reads the configuration again, uses what can change while messages flow, then does as `reloadModel`. */
  async reload(): Promise<void> {
    const reloaded = await this.#service?.configReload.reload().catch(() => undefined);
    // Without a model there is nothing that could be refused.
    if (reloaded?.model_reloaded === false && this.config.model.path !== null) await this.reloadModel();
  }

  /** As it is now: some keys can change while the service runs. */
  get config(): Config {
    return this.#running.current;
  }

  isRunning(): boolean {
    return this.#state === 'running';
  }

  get state(): RunState {
    return this.#state;
  }

  getMetrics(): KafkaMetrics {
    return this.service.monitor.kafkaMetrics();
  }

  /** The parts of a started consumer. KS_STATE before `start`. */
  get service(): Service {
    if (this.#service === undefined)
      throw new KubesentimentError('KS_STATE', 'The consumer has not been started.');
    return this.#service;
  }

  async #start(): Promise<void> {
    if (this.config.kafka.enabled && this.#clients === rdkafkaClients) checkClients(this.config, this.logger);
    const service = this.#createService(); // reports problems with the model before anything has started
    this.#service = service;
    this.#enter('starting');
    try {
      this.#watchCredentials(); // before the clients read them
      await service.start();
      if (this.#failure !== undefined) throw this.#failure;
      this.#enter('running');
      service.watchModel();
      this.logger.info('service_started', {
        topic: this.config.kafka.topic,
        group: this.config.kafka.consumer_group,
      });
    } catch (error) {
      await this.#credentials?.close();
      await service.close().catch(() => undefined);
      this.#enter('stopped');
      throw error;
    }
  }

  #createService(): Service {
    return new Service(this.#running, this.logger, this.#clients, {
      state: () => this.#state,
      onFatal: (error) => this.#fail(error),
      backend: this.#backend,
      readConfig: this.#read,
      watchdog: this.#watchdog,
      wantsResults: () => !this.#readers.isEmpty || this.listenerCount('results') > 0,
      onResults: (messages) => {
        this.#readers.deliver(messages);
        this.emit('results', messages);
      },
    });
  }

  async #stop(): Promise<void> {
    this.#service?.endStart();
    await this.#starting?.catch(() => undefined);
    const service = this.#service;
    if (service === undefined || this.#state === 'stopped') return;
    this.#ignoreSignal?.();
    await this.#credentials?.close();
    const hasFailed = this.#hasFailed();
    this.#enter('draining');
    try {
      await service.stop(hasFailed);
    } finally {
      this.#enter('stopped');
      this.#readers.end();
    }
  }

  /** Nobody awaits this stop, so what it rejects with is logged; `stop` returns the same promise. */
  #stopOnAbort(signal: AbortSignal): void {
    const onAbort = (): void => {
      this.stop().catch((error) => this.logger.error('stop_incomplete', {}, error));
    };
    signal.addEventListener('abort', onAbort, { once: true });
    this.#ignoreSignal = () => signal.removeEventListener('abort', onAbort);
  }

  #hasFailed(): boolean {
    return this.#state === 'failed';
  }

  #watchCredentials(): void {
    const files = this.#credentialFiles;
    if (files.length === 0) return;
    this.#credentials = new CredentialWatch({ files, onChange: () => this.#renewCredentials() });
  }

  /** Gives up what works only for what has been tried. Resolves with false if it must be retried later. */
  async #renewCredentials(): Promise<boolean> {
    if (!this.isRunning()) return false;
    let config: Config;
    try {
      config = withCredentials(this.config, this.#read().config);
      checkCertificates(config.kafka);
      await tryToConnect(config);
    } catch (error) {
      this.logger.warn('credentials_rejected', {}, error);
      return false;
    }
    if (this.#state !== 'running' || this.#stopping !== undefined) return false;
    try {
      this.#running.use(withCredentials(this.config, config));
      await this.service.rejoin();
      this.logger.info('credentials_renewed');
    } catch (error) {
      this.#fail(error);
    }
    return true;
  }

  #fail(reason: unknown): void {
    if (this.#state === 'failed' || this.#state === 'stopped') return;
    const error = reason instanceof KubesentimentError ? reason : bug(`Unexpected error: ${String(reason)}.`);
    this.#failure = error;
    this.logger.error('service_failed', { code: error.code }, reason);
    this.#enter('failed');
    this.#readers.end(error);
    if (this.listenerCount('error') > 0) this.emit('error', error);
  }

  #enter(state: RunState): void {
    this.#state = state;
    this.emit('state', state);
  }
}
