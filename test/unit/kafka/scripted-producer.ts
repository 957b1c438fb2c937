/** A scripted node-rdkafka, and producers over it. */
import { EventEmitter } from 'node:events';
import type { KubesentimentError } from '../../../src/errors.ts';
import type { ProducerOptions, RawProducer } from '../../../src/kafka/producer-connection.ts';

type Done = (error?: unknown, result?: unknown) => void;

/** Answers of one call after the other, by name; without one left the call succeeds. */
export type Script = Record<string, unknown[]>;

export class ScriptedRaw extends EventEmitter {
  readonly calls: string[] = [];
  readonly #script: Script;
  readonly #refused = new Map<string, unknown>();
  #isConnected = false;

  constructor(script: Script) {
    super();
    this.#script = script;
  }

  /** From now on every call of this name fails. */
  refuse(name: 'metadata', error: unknown): void {
    this.#refused.set(name, error);
  }

  isConnected = (): boolean => this.#isConnected;
  setPollInterval = (): void => undefined;
  poll = (): void => undefined;
  connect = (_: object, done: Done): void => {
    this.#answer('connect', (error) => {
      this.#isConnected = error === undefined;
      done(error);
    });
  };
  disconnect = (_: number, done: Done): void => {
    if (!this.#isConnected) throw new Error('Producer not connected'); // as node-rdkafka does
    this.#answer('disconnect', done);
  };
  getMetadata = ({ topic }: { topic: string }, done: Done): void => {
    this.calls.push('metadata');
    const error = this.#refused.get('metadata');
    if (error !== undefined) return void setImmediate(() => done(error));
    setImmediate(() => done(undefined, { brokers: [], topics: [{ name: topic, partitions: [{}, {}] }] }));
  };
  initTransactions = (_: number, done: Done): void => this.#answer('init', done);
  beginTransaction = (done: Done): void => this.#answer('begin', done);
  sendOffsetsToTransaction = (_o: unknown, _c: unknown, _t: number, done: Done): void =>
    this.#answer('offsets', done);
  commitTransaction = (_: number, done: Done): void => this.#answer('commit', done);
  abortTransaction = (_: number, done: Done): void => this.#answer('abort', done);
  flush = (_: number, done: Done): void => this.#answer('flush', done);
  produce = (): void => {
    this.calls.push('produce');
    const error = this.#script['produce']?.shift();
    if (error !== undefined) throw error;
  };

  #answer(name: string, done: Done): void {
    this.calls.push(name);
    const error = this.#script[name]?.shift();
    if (error !== HANGS) setImmediate(() => done(error));
  }
}

/** An answer that does not come. */
export const HANGS = 'hangs';

export const failure = (code: number, flags: Record<string, boolean> = {}) =>
  Object.assign(new Error('On purpose'), { code, ...flags });
export const record = { topic: 'results', partition: 0, value: null, key: null, headers: [] };

/** Options under which a client is made for each script, and what came of them. */
export function scripted(scripts: Script[]) {
  const clients: ScriptedRaw[] = [];
  const fatal: unknown[] = [];
  const warnings: KubesentimentError[] = [];
  const options: ProducerOptions = {
    properties: { 'transaction.timeout.ms': 60_000 },
    topicProperties: {},
    topics: ['results'],
    onWarning: (error) => warnings.push(error),
    onFatal: (error) => fatal.push(error),
    connectTimeoutMs: 0,
    create: () => {
      const client = new ScriptedRaw(scripts[clients.length] ?? {});
      clients.push(client);
      return client as unknown as RawProducer;
    },
  };
  return { options, clients, fatal, warnings };
}
