import { randomUUID } from 'node:crypto';
import type { Logger } from '../log.ts';
import type { MetricsSource } from '../metrics/source.ts';
import { exportRequest } from './request.ts';
import type { PushSettings } from './settings.ts';

/** A collector that does not answer must not keep the process from ending. */
const LAST_TIMEOUT_MS = 3_000;

/** Sends all metrics to a collector again and again. What cannot be sent is left out: the next has the same totals. */
export class MetricsPush {
  readonly #settings: PushSettings;
  readonly #source: MetricsSource;
  readonly #logger: Logger;
  readonly #timer: NodeJS.Timeout;
  readonly #startedAtMs = Date.now();
  readonly #instance = randomUUID();
  /** Exemplars that a collector has taken. */
  #exemplarsSent = 0;
  /** For people: a key may be in the query. */
  readonly #address: string;
  #sending: Promise<void> | undefined;
  readonly #closing = new AbortController();
  #hasFailed = false;

  constructor(settings: PushSettings, source: MetricsSource, logger: Logger) {
    this.#settings = settings;
    this.#source = source;
    this.#logger = logger;
    this.#timer = setInterval(() => void this.send(), settings.intervalMs);
    this.#timer.unref();
    this.#address = settings.endpoint.replace(/[?#].*/, '');
    logger.info('metrics_push', { endpoint: this.#address, interval_ms: settings.intervalMs });
  }

  /** Never rejects. One at a time: a slow collector gets fewer. */
  send(): Promise<void> {
    const signals = [AbortSignal.timeout(this.#settings.timeoutMs), this.#closing.signal];
    this.#sending ??= this.#send(AbortSignal.any(signals)).finally(() => {
      this.#sending = undefined;
    });
    return this.#sending;
  }

  /** Sends the last state, too. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    this.#closing.abort();
    await this.#sending;
    await this.#send(AbortSignal.timeout(LAST_TIMEOUT_MS));
  }

  async #send(signal: AbortSignal): Promise<void> {
    const { endpoint, headers } = this.#settings;
    const exemplars = this.#source.exemplars?.count ?? 0;
    try {
      const response = await fetch(endpoint, {
        method: 'POST',
        headers: { ...headers, 'content-type': 'application/json' },
        body: JSON.stringify(this.#request()),
        redirect: 'manual', // the headers have a key, and are for nobody else
        signal,
      });
      await response.arrayBuffer();
      if (!response.ok) throw new Error(`It answers with ${response.status}.`);
      this.#exemplarsSent = exemplars;
      if (this.#hasFailed) this.#logger.info('metrics_push_back', { endpoint: this.#address });
      this.#hasFailed = false;
    } catch (error) {
      const fields = { endpoint: this.#address, reason: reasonOf(error) };
      if (!this.#hasFailed) this.#logger.warn('metrics_push_failed', fields);
      this.#hasFailed = true;
    }
  }

  #request(): object {
    const { version } = this.#source.build;
    return exportRequest(this.#source, {
      version,
      resource: {
        'service.name': 'kubesentiment',
        'service.version': version,
        'service.instance.id': this.#instance,
        ...this.#settings.resource,
      },
      startedAtMs: this.#startedAtMs,
      nowMs: Date.now(),
      exemplarsAfter: this.#exemplarsSent,
      histograms: this.#settings.histograms,
    });
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message;
}
