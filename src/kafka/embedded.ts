import type { Producer } from 'node-rdkafka';
import { connectClient, readMetadata } from './connect.ts';
import { loadRdkafka } from './rdkafka-module.ts';

/** Of each topic. */
export const EMBEDDED_PARTITIONS = 4;

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
    this.properties = { 'metadata.broker.list': bootstrapServers, 'allow.auto.create.topics': true };
  }

  static async start(): Promise<EmbeddedBroker> {
    // The cluster lives as long as the client that asked for it.
    const owner = new (loadRdkafka().Producer)({ 'test.mock.num.brokers': 1, log_level: 3 } as never, {});
    await connectClient(owner as never, 10_000, () => undefined);
    const { brokers } = await readMetadata(owner as never);
    return new EmbeddedBroker(owner, brokers.map((broker) => `${broker.host}:${broker.port}`).join(','));
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#owner.disconnect(1_000, () => resolve());
    });
  }
}
