import { randomUUID } from 'node:crypto';
import type { KafkaConsumer } from 'node-rdkafka';
import { KubesentimentError } from '../errors.ts';
import type { SourceMessage } from '../types.ts';
import { CallsInFlight } from './calls-in-flight.ts';
import { connectClient, waitForTopic } from './connect.ts';
import { withDeadline } from './deadline.ts';
import { fromRdkafka } from './errors.ts';
import { loadRdkafka } from './rdkafka-module.ts';

export interface TopicReaderOptions {
  readonly topic: string;
  /** How to reach the cluster: `commonProperties` of the configuration. */
  readonly properties: Record<string, string | number | boolean>;
  readonly onWarning?: (error: KubesentimentError) => void;
  /** Only these partitions. Default: all. */
  readonly partitions?: readonly number[];
  /** A poll ends when nothing more came for this long; a steady stream keeps it going. Default 20. */
  readonly silenceMs?: number;
}

/**
 * Reads a whole topic from its beginning, committed records only, without being a member of any group:
 * for those who check what the consumer has written.
 */
export class TopicReader {
  readonly #raw: KafkaConsumer;
  readonly #options: TopicReaderOptions;
  /** Partitions whose end has not been seen yet. */
  readonly #unfinished = new Set<number>();
  readonly #calls = new CallsInFlight();

  constructor(options: TopicReaderOptions) {
    this.#options = options;
    this.#raw = new (loadRdkafka().KafkaConsumer)(
      {
        ...options.properties,
        'group.id': `kubesentiment-reader-${randomUUID()}`, // asked for by librdkafka, never joined
        'enable.auto.commit': false,
        'isolation.level': 'read_committed',
        'fetch.wait.max.ms': 20,
        'fetch.queue.backoff.ms': 10,
        'enable.partition.eof': true,
      } as never,
      { 'auto.offset.reset': 'earliest' },
    );
    this.#raw.setDefaultConsumeTimeout(options.silenceMs ?? 20);
    this.#raw.on('partition.eof', ({ partition }) => this.#unfinished.delete(partition));
    this.#raw.on('event.error', (error) => options.onWarning?.(fromRdkafka(error, 'Reading a topic')));
  }

  /** Starts at offset 0 of each partition, or at the one that `startOf` names. KS_USAGE, KS_TOPIC_MISSING. */
  async open(startOf: (partition: number) => number = () => 0): Promise<void> {
    const { topic, onWarning } = this.#options;
    await connectClient(this.#raw, 10_000, onWarning ?? (() => undefined));
    const count = await waitForTopic(this.#raw as never, topic);
    const partitions = this.#options.partitions ?? Array.from({ length: count }, (_, partition) => partition);
    const unknown = partitions.find((partition) => partition >= count);
    if (unknown !== undefined) {
      throw new KubesentimentError('KS_USAGE', `The topic "${topic}" has no partition ${unknown}.`, {
        remedy: `It has the partitions 0 to ${count - 1}.`,
      });
    }
    for (const partition of partitions) this.#unfinished.add(partition);
    this.#calls.checkOpen();
    this.#raw.assign(partitions.map((partition) => ({ topic, partition, offset: startOf(partition) })));
  }

  /** Whether the end of every partition has been seen: records that came later may be there. */
  get atEnd(): boolean {
    return this.#unfinished.size === 0;
  }

  /** At most `max` records; empty when none came for `silenceMs`. */
  poll(max: number): Promise<readonly SourceMessage[]> {
    return new Promise((resolve, reject) => {
      this.#raw.consume(max, (error, messages) => {
        if (error) reject(fromRdkafka(error, `Reading ${this.#options.topic}`));
        else resolve(messages as unknown as SourceMessage[]);
      });
    });
  }

  async close(): Promise<void> {
    await this.#calls.end();
    const call = new Promise<void>((resolve) => {
      this.#raw.disconnect(() => resolve());
    });
    await withDeadline(call, 10_000, 'Closing a topic reader');
  }
}
