import { TopicReader } from '../kafka/topic-reader.ts';
import { SeenOffsets } from '../bench/seen-offsets.ts';

export interface ResultCounterOptions {
  readonly resultsTopics: readonly string[];
  readonly deadLetterTopic: string;
  /** Of a request that it was added to, where results are. undefined: the value is the result. */
  readonly member?: string | undefined;
  readonly properties: Record<string, string | number | boolean>;
}

const POLL_MAX = 2_000;

interface Source {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
}

/** Reads what the consumer has written, and counts by source record, so duplicates are detected. */
export class ResultCounter {
  readonly #results: readonly TopicReader[];
  readonly #deadLetters: TopicReader;
  readonly #member: string | undefined;
  readonly #seen = new SeenOffsets();
  readonly labels = new Map<string, number>();
  /** What became of the first request: a record of offset 0 of partition 0. */
  first: { readonly topic: string; readonly value: Buffer } | undefined;
  results = 0;
  deadLetters = 0;
  doubled = 0;
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor({ resultsTopics, deadLetterTopic, member, properties }: ResultCounterOptions) {
    this.#member = member;
    this.#results = resultsTopics.map((topic) => new TopicReader({ topic, properties }));
    this.#deadLetters = new TopicReader({ topic: deadLetterTopic, properties });
  }

  async start(): Promise<void> {
    await Promise.all([...this.#results, this.#deadLetters].map((reader) => reader.open()));
    const results = this.#results.map((reader) => this.#readResults(reader));
    this.#running = Promise.all([...results, this.#readDeadLetters()]);
  }

  get total(): number {
    return this.results + this.deadLetters;
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#running;
    await Promise.all([...this.#results, this.#deadLetters].map((reader) => reader.close()));
  }

  async #readResults(reader: TopicReader): Promise<void> {
    while (!this.#stopped) {
      for (const { topic, value } of await reader.poll(POLL_MAX)) {
        const { source, label } = this.#resultIn(value);
        if (source.partition === 0 && source.offset === 0) this.first ??= { topic, value: value as Buffer };
        if (this.#seen.add(source.topic, source.partition, source.offset)) this.doubled++;
        else this.results++;
        this.labels.set(label, (this.labels.get(label) ?? 0) + 1);
      }
    }
  }

  #resultIn(value: Buffer | null): { readonly source: Source; readonly label: string } {
    const json = JSON.parse(String(value));
    return this.#member === undefined ? json : json[this.#member];
  }

  async #readDeadLetters(): Promise<void> {
    while (!this.#stopped) this.deadLetters += (await this.#deadLetters.poll(POLL_MAX)).length;
  }
}
