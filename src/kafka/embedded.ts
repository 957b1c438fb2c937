import type { Producer } from 'node-rdkafka';
import { AcknowledgedProducer } from './acknowledged-producer.ts';
import { connectClient, readMetadata } from './connect.ts';
import { loadRdkafka } from './rdkafka-module.ts';

/** Of each topic. */
export const EMBEDDED_PARTITIONS = 4;
const CONNECT_TIMEOUT_MS = 10_000;

/** Addresses of those that run in this process. */
const running = new Set<string>();

/** Whether these brokers are librdkafka's mock cluster: one that is to be started, or one of this process. */
export function isEmbedded(servers: readonly string[]): boolean {
  return servers[0] === 'embedded' || servers.some((server) => running.has(server));
}

/**
 * librdkafka's mock cluster, inside this process: for trying out and for tests. It has four partitions
 * a topic, keeps 5 MiB of each and forgets transactional offsets, so it proves nothing about delivery.
 */
export class EmbeddedBroker {
  readonly bootstrapServers: string;
  /** What a client of this cluster needs: its address, and leave to create topics by asking for them. */
  readonly properties: Record<string, string | boolean>;
  readonly #owner: Producer;

  private constructor(owner: Producer, bootstrapServers: string) {
    this.#owner = owner;
    this.bootstrapServers = bootstrapServers;
    running.add(bootstrapServers);
    this.properties = { 'metadata.broker.list': bootstrapServers, 'allow.auto.create.topics': true };
  }

  static async start(): Promise<EmbeddedBroker> {
    // The cluster lives as long as the client that asked for it.
    const owner = new (loadRdkafka().Producer)({ 'test.mock.num.brokers': 1, log_level: 3 } as never, {});
    await connectClient(owner as never, CONNECT_TIMEOUT_MS, () => undefined);
    const { brokers } = await readMetadata(owner as never);
    return new EmbeddedBroker(owner, brokers.map((broker) => `${broker.host}:${broker.port}`).join(','));
  }

  /** Creates those that do not exist yet. */
  async createTopics(topics: readonly string[]): Promise<void> {
    await this.#produce(topics, async () => undefined);
  }

  /** Sends records without keys, spread over the partitions. Resolves when the broker has them. */
  async send(topic: string, values: readonly (string | Buffer)[]): Promise<void> {
    await this.#produce([topic], async (producer) => {
      const partitions = producer.partitionCount(topic);
      for (const [i, value] of values.entries()) {
        const record = {
          topic,
          partition: i % partitions,
          key: null,
          value: Buffer.from(value),
          headers: [],
        };
        while (!producer.produce(record)) await producer.flush();
      }
      await producer.flush();
    });
  }

  async #produce(
    topics: readonly string[],
    act: (producer: AcknowledgedProducer) => Promise<void>,
  ): Promise<void> {
    const { properties } = this;
    const ignore = (): void => undefined; // what fails is told by the promises
    const producer = new AcknowledgedProducer({
      ...{ properties, topics, topicProperties: {}, connectTimeoutMs: CONNECT_TIMEOUT_MS },
      ...{ onWarning: ignore, onFatal: ignore },
    });
    try {
      await producer.connect();
      await act(producer);
    } finally {
      await producer.disconnect();
    }
  }

  stop(): Promise<void> {
    running.delete(this.bootstrapServers);
    return new Promise((resolve) => {
      this.#owner.disconnect(1_000, () => resolve());
    });
  }
}
