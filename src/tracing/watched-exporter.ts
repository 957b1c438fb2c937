import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace-base';

/** `error` undefined: the collector has taken the spans. */
export type OnExport = (spans: number, error: Error | undefined) => void;

type Done = Parameters<SpanExporter['export']>[1];

/** Says how each export ended: the SDK says nothing of spans that a collector did not take. */
export class WatchedExporter implements SpanExporter {
  readonly #exporter: SpanExporter;
  readonly #onTaken: (spans: number) => void;
  readonly #onExport: OnExport;

  /** `onTaken`: so many spans come out of the queue to be exported. */
  constructor(exporter: SpanExporter, onTaken: (spans: number) => void, onExport: OnExport) {
    this.#exporter = exporter;
    this.#onTaken = onTaken;
    this.#onExport = onExport;
  }

  export(spans: ReadableSpan[], done: Done): void {
    this.#onTaken(spans.length);
    this.#exporter.export(spans, (result) => {
      const isTaken = result.code === 0;
      this.#onExport(spans.length, isTaken ? undefined : reasonOf(result.error));
      done(result);
    });
  }

  shutdown(): Promise<void> {
    return this.#exporter.shutdown();
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }
}

/** What a collector says beside its status is for it to choose, and may repeat what it was sent. */
function reasonOf(error: (Error & { readonly code?: unknown }) | undefined): Error {
  if (error === undefined) return new Error('No reason is given.');
  return typeof error.code === 'number' ? new Error(`It answers with ${error.code}.`) : error;
}
