import { setTimeout as sleep } from 'node:timers/promises';
import { producerProperties, producerTopicProperties } from '../config/librdkafka.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { TransactionalProducer } from '../kafka/transactional-producer.ts';
import type { ErrorType, TopicPartitionOffset } from '../types.ts';
import { clusterProperties } from '../cluster/access.ts';
import { replayHeaders } from '../dead-letter.ts';
import type { DlqRecord } from './read.ts';
import type { LetterSpan, ReplayOffsets, ReplayProgress } from './replay-progress.ts';

const CONNECT_TIMEOUT_MS = 10_000;
const ATTEMPTS = 3;

/** Writes dead letters to the topics they came from, each list together with the progress in one transaction. */
export class ReplaySender {
  readonly #producer: TransactionalProducer;
  readonly #progress: ReplayProgress;
  #failure: Error | undefined;

  constructor(config: Config, progress: ReplayProgress) {
    const { kafka } = config;
    this.#progress = progress;
    this.#producer = new TransactionalProducer({
      properties: {
        ...producerProperties({ ...config, kafka: { ...kafka, delivery: 'exactly_once' } }),
        ...clusterProperties(config),
        // Always the same id: a second replay fences off the first, and what a killed one left open is aborted.
        'transactional.id': `${kafka.transactional_id ?? kafka.consumer_group}-replay`,
        'enable.idempotence': true,
      },
      topicProperties: { ...producerTopicProperties(config), 'request.required.acks': -1 },
      topics: [...kafka.topic],
      onWarning: () => undefined,
      onFatal: (error) => {
        this.#failure = error;
      },
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    });
  }

  connect(): Promise<void> {
    return this.#producer.connect();
  }

  async close(): Promise<void> {
    await this.#producer.disconnect().catch(() => undefined); // it may not have been connected
  }

  /** Sends all of them or none. */
  async send(records: readonly DlqRecord[]): Promise<void> {
    for (let attempt = 1; ; attempt++) {
      if (this.#failure !== undefined) throw this.#failure;
      try {
        await this.#producer.begin();
        for (const record of records) await this.#produce(record);
        const confirm = await this.#sendOffsets(records);
        await this.#producer.commit();
        confirm();
        return;
      } catch (error) {
        const mayHelp = error instanceof KubesentimentError && error.code === 'KS_KAFKA_ABORTABLE';
        const aborted = await this.#producer.abort().then(
          () => true,
          () => false, // the original error says more
        );
        if (!mayHelp || !aborted || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** To the original partition, so that it stays in order with the other messages of its key. */
  async #produce({ letter, message }: DlqRecord): Promise<void> {
    const { topic, partition } = letter.origin as TopicPartitionOffset;
    const record = {
      topic,
      partition: partition < this.#producer.partitionCount(topic) ? partition : -1,
      value: message.value,
      key: message.key ?? null,
      headers: replayHeaders(message, letter.replays + 1),
    };
    while (!this.#producer.produce(record)) await sleep(10);
  }

  /** Returns what to call when they are committed. */
  async #sendOffsets(records: readonly DlqRecord[]): Promise<() => void> {
    const spansByReason = new Map<ErrorType, Map<number, LetterSpan>>();
    for (const { letter } of records) {
      const { partition, offset } = letter;
      const reason = letter.reason as ErrorType;
      const spans = spansByReason.get(reason) ?? new Map<number, LetterSpan>();
      const first = spans.get(partition)?.first ?? offset;
      spansByReason.set(reason, spans.set(partition, { first, last: offset }));
    }
    const sent: ReplayOffsets[] = [];
    for (const [reason, spans] of spansByReason) {
      const each = await this.#progress.offsetsFor(reason, spans);
      await this.#producer.sendOffsets(each.reader.client, each.offsets);
      sent.push(each);
    }
    return () => {
      for (const { confirm } of sent) confirm();
    };
  }
}
