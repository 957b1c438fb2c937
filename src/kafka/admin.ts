import type { IAdminClient } from 'node-rdkafka';
import { withDeadline } from './deadline.ts';
import { rdkafkaCode } from './codes.ts';
import { fromRdkafka } from './errors.ts';
import { tokenFor } from './oauth.ts';
import { loadRdkafka } from './rdkafka-module.ts';

const CALL_TIMEOUT_MS = 15_000;
const TOPIC_ALREADY_EXISTS = 36;

export interface NewTopic {
  readonly name: string;
  readonly partitions: number;
  /** -1: the broker's default. */
  readonly replication: number;
}

/**
 * What node-rdkafka offers of Kafka's administration: topics only. Records, settings and rights are changed by requests
 * of our own (`delete-records.ts`, `alter-configs.ts`, `create-acls.ts`).
 */
export class KafkaAdmin {
  readonly #properties: Record<string, string | number | boolean>;
  #raw: IAdminClient | undefined;

  /** `properties`: how to reach the cluster. It connects with the first call. */
  constructor(properties: Record<string, string | number | boolean>) {
    this.#properties = properties;
  }

  /** False when the topic was there already. KS_NOT_AUTHORIZED, KS_BROKER_UNREACHABLE, KS_KAFKA_FATAL. */
  async createTopic({ name, partitions, replication }: NewTopic): Promise<boolean> {
    const description = { topic: name, num_partitions: partitions, replication_factor: replication };
    const raw = await this.#connect();
    const call = new Promise<unknown>((resolve) => {
      raw.createTopic(description, CALL_TIMEOUT_MS, (error) => resolve(error ?? undefined));
    });
    const error = await withDeadline(call, 2 * CALL_TIMEOUT_MS, `Creating the topic ${name}`);
    if (error === undefined) return true;
    if (rdkafkaCode(error) === TOPIC_ALREADY_EXISTS) return false;
    throw fromRdkafka(error, `Creating the topic ${name}`);
  }

  /** `total`: how many there are to be. KS_NOT_AUTHORIZED, KS_TOPIC_MISSING, KS_KAFKA_FATAL. */
  async addPartitions(name: string, total: number): Promise<void> {
    const raw = await this.#connect();
    const call = new Promise<unknown>((resolve) => {
      raw.createPartitions(name, total, CALL_TIMEOUT_MS, (error) => resolve(error ?? undefined));
    });
    const error = await withDeadline(call, 2 * CALL_TIMEOUT_MS, `Adding partitions to ${name}`);
    if (error !== undefined) throw fromRdkafka(error, `Adding partitions to ${name}`);
  }

  async deleteTopic(name: string): Promise<void> {
    const raw = await this.#connect();
    const call = new Promise<unknown>((resolve) => {
      raw.deleteTopic(name, CALL_TIMEOUT_MS, (error) => resolve(error ?? undefined));
    });
    const error = await withDeadline(call, 2 * CALL_TIMEOUT_MS, `Deleting the topic ${name}`);
    if (error !== undefined) throw fromRdkafka(error, `Deleting the topic ${name}`);
  }

  close(): void {
    this.#raw?.disconnect();
  }

  async #connect(): Promise<IAdminClient> {
    const token = await tokenFor(this.#properties);
    this.#raw ??= loadRdkafka().AdminClient.create({ ...this.#properties, log_level: 3 } as never, token);
    return this.#raw;
  }
}
