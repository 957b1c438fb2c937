import { setTimeout as sleep } from 'node:timers/promises';
import { AcknowledgedProducer } from '../kafka/acknowledged-producer.ts';
import { type Corpus, type CorpusStyle, createCorpus } from '../corpus/corpus.ts';
import { Random } from '../corpus/random.ts';
import type { DemoTopic } from './shaped-requests.ts';

export interface RequestSenderOptions {
  /** They take turns. */
  readonly topics: readonly DemoTopic[];
  /** Topics that must exist before anyone reads them. */
  readonly otherTopics: readonly string[];
  readonly properties: Record<string, string | number | boolean>;
  readonly seed: number;
  readonly style: CorpusStyle;
}

/** Records between two checks of how far the others have got. */
const CHUNK = 500;
const TRICKLE_MS = 200;
const MALFORMED_EVERY = 25;

/** Sends generated requests, no further ahead of the results than the caller allows. */
export class RequestSender {
  readonly #options: RequestSenderOptions;
  readonly #producer: AcknowledgedProducer;
  readonly #corpus: Corpus;
  readonly #random: Random;
  #sent = 0;
  #first: { readonly topic: string; readonly value: Buffer } | undefined;

  constructor(options: RequestSenderOptions) {
    this.#options = options;
    this.#corpus = createCorpus(options);
    this.#random = new Random(options.seed);
    this.#producer = new AcknowledgedProducer({
      properties: { ...options.properties, 'linger.ms': 5, 'compression.type': 'lz4' },
      topicProperties: {},
      topics: [...options.topics.map(({ topic }) => topic), ...options.otherTopics],
      onWarning: () => undefined,
      onFatal: (error) => {
        throw error;
      },
      connectTimeoutMs: 10_000,
    });
  }

  connect(): Promise<void> {
    return this.#producer.connect();
  }

  /** The first request: offset 0 of partition 0. */
  get first() {
    return this.#first;
  }

  get sent(): number {
    return this.#sent;
  }

  /** Sends until `wanted` says stop; pauses while `mayGoOn` is false. */
  async run(wanted: (sent: number) => boolean, mayGoOn: () => boolean): Promise<void> {
    while (wanted(this.#sent)) {
      if (!mayGoOn()) {
        await sleep(2);
        continue;
      }
      for (let i = 0; i < CHUNK && wanted(this.#sent); i++) await this.#send();
      await this.#producer.flush();
    }
  }

  /** A few requests a second until `ended` resolves; now and then one that becomes a dead letter. */
  async trickle(ended: Promise<void>): Promise<void> {
    let isOver = false;
    void ended.then(() => {
      isOver = true;
    });
    for (let sent = 1; !isOver; sent++) {
      if (sent % MALFORMED_EVERY === 0) this.#produce(this.#next, Buffer.from('{"oops":true}'), 'oops');
      else await this.#send();
      await this.#producer.flush();
      await Promise.race([sleep(TRICKLE_MS), ended]);
    }
  }

  disconnect(): Promise<void> {
    return this.#producer.disconnect();
  }

  get #next(): DemoTopic {
    const { topics } = this.#options;
    return topics[this.#sent % topics.length] as DemoTopic;
  }

  async #send(): Promise<void> {
    const target = this.#next;
    const { value, key } = target.write(this.#sent, this.#corpus.next(), this.#random);
    if (this.#sent === 0) this.#first = { topic: target.topic, value };
    while (!this.#produce(target, value, key)) await sleep(1);
    this.#sent++;
  }

  /** False when the queue is full. */
  #produce({ topic }: DemoTopic, value: Buffer, key: string): boolean {
    const round = Math.floor(this.#sent / this.#options.topics.length);
    const partition = round % this.#producer.partitionCount(topic);
    return this.#producer.produce({ topic, partition, key, value, headers: [] });
  }
}
