import { TopicReader } from '../kafka/topic-reader.ts';
import { SeenOffsets } from '../bench/seen-offsets.ts';

export interface ResultCounterOptions {
  readonly resultsTopics: readonly string[];
  readonly deadLetterTopic: string;
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
  readonly #seen = new SeenOffsets();
  readonly labels = new Map<string, number>();
  results = 0;
  deadLetters = 0;
  doubled = 0;
  #stopped = false;
  #running: Promise<unknown> = Promise.resolve();

  constructor({ resultsTopics, deadLetterTopic, properties }: ResultCounterOptions) {
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
      for (const { value } of await reader.poll(POLL_MAX)) {
        const { source, label } = JSON.parse(String(value)) as { source: Source; label: string };
        if (this.#seen.add(source.topic, source.partition, source.offset)) this.doubled++;
        else this.results++;
        this.labels.set(label, (this.labels.get(label) ?? 0) + 1);
      }
    }
  }

  async #readDeadLetters(): Promise<void> {
    while (!this.#stopped) this.deadLetters += (await this.#deadLetters.poll(POLL_MAX)).length;
  }
}
