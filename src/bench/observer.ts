import { setTimeout as sleep } from 'node:timers/promises';
import { readDeadLetter } from '../dead-letter.ts';
import { SeenOffsets } from './seen-offsets.ts';
import { TopicReader } from '../kafka/topic-reader.ts';
import { Histogram } from '../metrics/histogram.ts';
import type { SourceMessage, TopicPartitionOffset } from '../types.ts';

export interface ObserverOptions {
  readonly resultsTopic: string;
  readonly deadLetterTopic: string;
  readonly properties: Record<string, string | number | boolean>;
}

/** What came out between two calls of `begin`. */
export interface Observation {
  results: number;
  deadLetters: number;
  /** Records whose request already had one. */
  doubled: number;
  retries: number;
  /** From poll to result, according to the results; ms. */
  readonly processing: Histogram;
  /** From the intended send time until a `read_committed` consumer had the result; ms. */
  readonly endToEnd: Histogram;
  /** When the last one was seen; `performance.now()`. */
  lastAt: number;
}

/** Small, with a short timeout: time that a poll spends waiting for more would count as latency. */
const POLL_MAX = 500;
const SILENCE_MS = 1;
const IDLE_MS = 1;
const DEAD_LETTER_IDLE_MS = 50;

interface Result {
  readonly timestamp?: number;
  readonly latency_ms: number;
  readonly attempts: number;
  readonly source: TopicPartitionOffset;
}

/** Reads what becomes visible, as any application would, and records counts, duplicates and latencies. */
export class Observer {
  readonly #results: TopicReader;
  readonly #deadLetters: TopicReader;
  readonly #seen = new SeenOffsets();
  /** Latencies since the last `takeInterval`. */
  #interval = new Histogram();
  #now = nothing();
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();
  #failure: unknown;

  constructor({ resultsTopic, deadLetterTopic, properties }: ObserverOptions) {
    this.#results = new TopicReader({ topic: resultsTopic, properties, silenceMs: SILENCE_MS });
    this.#deadLetters = new TopicReader({ topic: deadLetterTopic, properties, silenceMs: SILENCE_MS });
  }

  async start(): Promise<void> {
    await Promise.all([this.#results.open(), this.#deadLetters.open()]);
    const loops = [
      this.#loop(this.#results, IDLE_MS, (message) => this.#takeResult(message)),
      this.#loop(this.#deadLetters, DEAD_LETTER_IDLE_MS, (message) => this.#takeDeadLetter(message)),
    ];
    this.#running = Promise.all(loops).catch((error) => {
      this.#failure = error;
    });
  }

  /** Starts a new count, but still remembers which requests had records. */
  begin(): void {
    this.#now = nothing();
    this.#interval = new Histogram();
  }

  get now(): Readonly<Observation> {
    if (this.#failure !== undefined) throw this.#failure;
    return this.#now;
  }

  /** Results and dead letters. */
  get visible(): number {
    return this.now.results + this.now.deadLetters;
  }

  takeInterval(): Histogram {
    const taken = this.#interval;
    this.#interval = new Histogram();
    return taken;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await Promise.all([this.#results.close(), this.#deadLetters.close()]);
  }

  async #loop(reader: TopicReader, idleMs: number, take: (message: SourceMessage) => void): Promise<void> {
    while (!this.#stopped) {
      const messages = await reader.poll(POLL_MAX);
      for (const message of messages) take(message);
      if (messages.length === 0) await sleep(idleMs);
    }
  }

  #takeResult({ value }: SourceMessage): void {
    const { timestamp, latency_ms: latencyMs, attempts, source } = JSON.parse(String(value)) as Result;
    if (!this.#count(source)) return;
    const now = this.#now;
    now.results++;
    now.retries += attempts - 1;
    now.processing.record(latencyMs);
    if (timestamp === undefined) return;
    const endToEndMs = performance.timeOrigin + performance.now() - timestamp;
    now.endToEnd.record(endToEndMs);
    this.#interval.record(endToEndMs);
  }

  #takeDeadLetter(message: SourceMessage): void {
    const { origin } = readDeadLetter(message);
    if (origin !== undefined && this.#count(origin)) this.#now.deadLetters++;
  }

  /** False if the request already had a record. */
  #count({ topic, partition, offset }: TopicPartitionOffset): boolean {
    if (this.#seen.add(topic, partition, offset)) {
      this.#now.doubled++;
      return false;
    }
    this.#now.lastAt = performance.now();
    return true;
  }
}

function nothing(): Observation {
  return {
    results: 0,
    deadLetters: 0,
    doubled: 0,
    retries: 0,
    processing: new Histogram(),
    endToEnd: new Histogram(),
    lastAt: performance.now(),
  };
}
