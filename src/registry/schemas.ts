import { setTimeout as sleep } from 'node:timers/promises';
import type { SchemaPort, SchemaProgram, SchemaStatus } from '../decode/binding.ts';
import { schemaNameOf } from '../decode/schema-id.ts';
import { describeError } from '../errors.ts';
import { refusal } from './compile-schema.ts';
import type { RegisteredSchema } from './registered-schema.ts';
import { RegistryError } from './registry-connection.ts';

export interface SchemasOptions {
  readonly client: { fetch(id: Buffer): Promise<RegisteredSchema> };
  /** One for each shape of requests that have schemas. */
  readonly targets: readonly SchemaTarget[];
  readonly status: SchemaStatus;
  readonly observer: SchemasObserver;
  /** How long an id is asked for again that the registry does not know. */
  readonly unknownMs?: number | undefined;
}

export interface SchemaTarget {
  readonly compile: (schema: RegisteredSchema) => Promise<SchemaProgram>;
  /** Where the programs go. */
  readonly port: SchemaPort;
}

export interface SchemasObserver {
  /** Called once for each time that the registry fails, and when it answers again. */
  readonly onTrouble: (error: RegistryError) => void;
  readonly onAnswer: () => void;
  /** Values with this schema become dead letters. */
  readonly onRefused: (schema: string, reason: string) => void;
}

/** The registries of a cluster learn of new schemas one after the other, within seconds. */
const UNKNOWN_MS = 30_000;
/** Then it is asked for again: it may have been registered in the meantime. */
const FORGET_MS = 60_000;
const BACKOFF_MS = 250;
const BACKOFF_MS_MAX = 10_000;
const REQUESTS_MAX = 4;

/**
 * The schemas that values need: fetched when the first value with one comes, and kept for ever, since a registry never
 * changes what an id stands for. While the registry cannot answer, it is asked again and again, and values wait.
 */
export class Schemas {
  readonly #options: SchemasOptions;
  readonly #pending = new Map<string, Promise<void>>();
  readonly #listeners = new Set<(id: string) => void>();
  readonly #waiting: (() => void)[] = [];
  readonly #forget = new Set<NodeJS.Timeout>();
  readonly #closing = new AbortController();
  #running = 0;
  #trouble: RegistryError | undefined;
  #unknown = new Set<string>();

  constructor(options: SchemasOptions) {
    this.#options = options;
  }

  /** Why values are waiting, in a sentence; undefined if the registry answers. */
  get trouble(): string | undefined {
    if (this.#trouble !== undefined) return `The Schema Registry has no answer. ${this.#trouble.message}`;
    if (this.#unknown.size === 0) return undefined;
    return `The Schema Registry does not know schema ${[...this.#unknown].slice(0, 5).join(', ')}.`;
  }

  /** Resolves when values with this id can be read, or refused. */
  want(id: Buffer): Promise<void> {
    const key = id.toString('latin1');
    const pending = this.#pending.get(key) ?? this.#load(Buffer.from(id)).finally(() => this.#settle(key));
    this.#pending.set(key, pending);
    return pending;
  }

  /** `listener` gets each id, as latin1, that values can be read or refused with from now on. */
  listen(listener: (id: string) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#closing.abort();
    for (const timer of this.#forget) clearTimeout(timer);
    for (const go of this.#waiting.splice(0)) go();
  }

  #settle(key: string): void {
    this.#pending.delete(key);
    if (this.#closing.signal.aborted) return;
    for (const listener of this.#listeners) listener(key);
  }

  async #load(id: Buffer): Promise<void> {
    const { unknownMs = UNKNOWN_MS } = this.#options;
    let unknownSince: number | undefined;
    for (let attempt = 0; !this.#closing.signal.aborted; attempt++) {
      const programs = await this.#attempt(id);
      if (this.#closing.signal.aborted) return;
      if (programs === 'unknown') {
        unknownSince ??= performance.now();
        if (performance.now() - unknownSince >= unknownMs) return this.#giveUp(id);
        this.#unknown.add(schemaNameOf(id));
      } else if (programs !== undefined) return this.#set(id, programs);
      await this.#pause(Math.min(BACKOFF_MS * 2 ** Math.min(attempt, 16), BACKOFF_MS_MAX));
    }
  }

  /** undefined: later, perhaps. */
  async #attempt(id: Buffer): Promise<readonly SchemaProgram[] | 'unknown' | undefined> {
    await this.#enter();
    try {
      const schema = await this.#options.client.fetch(id);
      this.#answered();
      return await this.#compile(id, schema);
    } catch (error) {
      if (!(error instanceof RegistryError)) throw error;
      if (error.trouble === 'unknown') {
        this.#answered();
        return 'unknown';
      }
      if (this.#trouble === undefined) this.#options.observer.onTrouble(error);
      this.#trouble = error;
      return undefined;
    } finally {
      this.#leave();
    }
  }

  async #compile(id: Buffer, schema: RegisteredSchema): Promise<readonly SchemaProgram[]> {
    const { targets, status, observer } = this.#options;
    const reasons = new Set<string>();
    const programs = await Promise.all(
      targets.map(async ({ compile }) => {
        try {
          return await compile(schema);
        } catch (error) {
          // Whatever somebody registered must not end the process, nor keep others from reading it.
          reasons.add(describeError(error));
          return refusal(status.unreadable);
        }
      }),
    );
    for (const reason of reasons) observer.onRefused(schemaNameOf(id), reason);
    return programs;
  }

  #answered(): void {
    if (this.#trouble === undefined) return;
    this.#trouble = undefined;
    this.#options.observer.onAnswer();
  }

  #set(id: Buffer, programs: readonly SchemaProgram[]): void {
    this.#unknown.delete(schemaNameOf(id));
    for (const [i, { port }] of this.#options.targets.entries()) {
      const { format, refusal: reason, code, strings } = programs[i] as SchemaProgram;
      port.setSchema(id, format, reason, code, strings);
    }
  }

  /**
   * A partition would wait for ever for an id that was never registered, or belongs to another registry. A dead letter
   * keeps the value as it came, and can be replayed.
   */
  #giveUp(id: Buffer): void {
    const { targets, status, observer } = this.#options;
    this.#set(
      id,
      targets.map(() => refusal(status.unknown)),
    );
    observer.onRefused(schemaNameOf(id), 'The registry does not know it.');
    const timer = setTimeout(() => {
      this.#forget.delete(timer);
      for (const { port } of targets) port.removeSchema(id);
    }, FORGET_MS);
    timer.unref();
    this.#forget.add(timer);
  }

  async #pause(ms: number): Promise<void> {
    await sleep(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }

  async #enter(): Promise<void> {
    while (this.#running >= REQUESTS_MAX && !this.#closing.signal.aborted)
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#running++;
  }

  #leave(): void {
    this.#running--;
    this.#waiting.shift()?.();
  }
}
