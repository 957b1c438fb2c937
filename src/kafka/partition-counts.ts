import { bug } from '../errors.ts';
import { readMetadata, waitForTopic } from './connect.ts';
import { rdkafka, rdkafkaCode } from './codes.ts';

type Client = Parameters<typeof readMetadata>[0];

/** Errors behind which a topic may be that is gone, or has been created again with other partitions. */
const suspects: ReadonlySet<number> = new Set([
  rdkafka.timedOut,
  rdkafka.messageTimedOut,
  rdkafka.unknownPartition,
  rdkafka.unknownTopic,
  rdkafka.unknownTopicOrPartition,
  rdkafka.topicAuthorization,
]);

/** How many partitions the topics have that a producer writes to: read when it connects, and kept. */
export class PartitionCounts {
  readonly #counts = new Map<string, number>();
  #refreshing = false;

  /** KS_TOPIC_MISSING */
  async read(client: Client, topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#counts.set(topic, await waitForTopic(client, topic));
  }

  of(topic: string): number {
    const count = this.#counts.get(topic);
    if (count === undefined) throw bug(`The producer was not told about the topic "${topic}".`);
    return count;
  }

  /** Looks again after an error that may come from a changed topic; librdkafka itself does so after minutes only. */
  async doubt(client: Client, error: unknown): Promise<void> {
    if (this.#refreshing || !suspects.has(rdkafkaCode(error) ?? 0)) return;
    this.#refreshing = true;
    try {
      for (const topic of this.#counts.keys()) {
        const { topics } = await readMetadata(client, topic);
        const count = topics.find(({ name }) => name === topic)?.partitions.length ?? 0;
        if (count > 0) this.#counts.set(topic, count);
      }
    } catch {
      // The next failure asks again.
    } finally {
      this.#refreshing = false;
    }
  }
}
