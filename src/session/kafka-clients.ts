import type {
  AcknowledgedClient,
  ConsumerClient,
  RebalanceListener,
  TransactionalClient,
} from '../clients.ts';
import {
  commonProperties,
  type LibrdkafkaProperties,
  consumerProperties,
  consumerTopicProperties,
  producerProperties,
  producerTopicProperties,
} from '../config/librdkafka.ts';
import { allConsumers, consumerCount } from '../config/consumer-count.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { AcknowledgedProducer } from '../kafka/acknowledged-producer.ts';
import { RdkafkaConsumer } from '../kafka/consumer.ts';
import { EmbeddedBroker } from '../kafka/embedded.ts';
import { HeldBackReader } from '../kafka/held-back.ts';
import { GroupPositions } from '../kafka/group-positions.ts';
import { brokerAccess } from '../config/broker-access.ts';
import { outputTopicsOf, resultsTopicsOf, retryTopicsOf } from '../config/topics.ts';
import { MarkStore, markGroupOf } from '../kafka/mark-store.ts';
import { mayPollsWait } from '../kafka/thread-pool.ts';
import { howToPatch, isPatched } from '../kafka/rdkafka-module.ts';
import type { Pauses } from '../pauses.ts';
import { namesOnly } from '../topic-patterns.ts';
import { TransactionalProducer } from '../kafka/transactional-producer.ts';
import type { FindHeldBack, FindInOffsets } from './held-back-watch.ts';
import type { FindEnds } from './log-ends.ts';

export interface KafkaHooks {
  readonly listener: RebalanceListener;
  readonly pauses?: Pauses | undefined;
  readonly onWarning: (error: KubesentimentError) => void;
  readonly onFatal: (error: Error) => void;
  /** The user may not read the group of the watchdog. */
  readonly onMarksRefused: (group: string) => void;
}

/** The clients of one process. Tests put an in-memory broker behind the same interface. */
export interface KafkaClients {
  readonly consumers: readonly ConsumerClient[];
  /** Transactional for exactly_once. */
  readonly producer: TransactionalClient | AcknowledgedClient;
  /** Which partitions have an open transaction. */
  readonly findHeldBack?: FindHeldBack;
  readonly findInOffsets?: FindInOffsets;
  readonly findEnds?: FindEnds;
  /** Closes what does not belong to any single client. */
  close(): Promise<void>;
}

/** Connects once, independently of everything else. Rejects if no broker answers or one rejects us. */
export async function tryToConnect(config: Config): Promise<void> {
  const probe = new AcknowledgedProducer({
    properties: commonProperties(config),
    topicProperties: {},
    topics: resultsTopicsOf(config),
    onWarning: () => undefined,
    onFatal: () => undefined,
    connectTimeoutMs: PROBE_TIMEOUT_MS,
  });
  try {
    await probe.connect();
  } finally {
    await probe.disconnect();
  }
}

/** Where the watchdog of a process remembers what was in hand, and how to get there. */
export function markGroup(config: Config): { group: string; properties: LibrdkafkaProperties } {
  return { group: markGroupOf(config.kafka.consumer_group), properties: commonProperties(config) };
}

export type KafkaClientsFactory = (config: Config, hooks: KafkaHooks) => Promise<KafkaClients>;

/** How long to retry unreachable brokers, visibly, before the start fails. */
const CONNECT_TIMEOUT_MS = 30_000;
const PROBE_TIMEOUT_MS = 5_000;

export const rdkafkaClients: KafkaClientsFactory = async (config, hooks) => {
  const { kafka } = config;
  checkPatch(config, isPatched(), hooks.onWarning);
  const isEmbedded = kafka.bootstrap_servers[0] === 'embedded';
  const broker = isEmbedded ? await EmbeddedBroker.start() : undefined;
  const address = broker === undefined ? {} : broker.properties;
  const options = {
    properties: { ...producerProperties(config), ...address },
    topicProperties: producerTopicProperties(config),
    topics: [...outputTopicsOf(config), ...namesOnly(kafka.topic)],
    onWarning: hooks.onWarning,
    onFatal: hooks.onFatal,
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  };
  const producer =
    kafka.delivery === 'exactly_once'
      ? new TransactionalProducer({ ...options, idIsShared: kafka.transactional_id !== undefined })
      : new AcknowledgedProducer(options);
  // Without onWarning: the consumers report the same connection errors.
  const cluster = {
    properties: { ...commonProperties(config), ...address },
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  };
  const hasMarks = kafka.watchdog_timeout_ms > 0 && broker === undefined;
  const positions = new GroupPositions({
    ...cluster,
    group: kafka.consumer_group,
    marks: hasMarks
      ? new MarkStore({
          ...cluster,
          group: markGroupOf(kafka.consumer_group),
          onRefused: hooks.onMarksRefused,
        })
      : undefined,
  });
  const mayWait = mayPollsWait(allConsumers(kafka));
  const member = (index: number, topics: readonly string[], readsRetries = false) =>
    new RdkafkaConsumer({
      index,
      mayWait,
      topics,
      readsRetries,
      // A static member that returns gets its partitions back unasked: none may be of the other kind.
      properties: { ...consumerProperties(config, readsRetries ? 'retries' : index), ...address },
      topicProperties: consumerTopicProperties(config),
      commitsItself: kafka.enable_auto_commit,
      listener: hooks.listener,
      positions,
      // What waits in a retry topic has been taken from its request topic.
      startPolicy: readsRetries ? 'earliest' : kafka.auto_offset_reset,
      pauses: hooks.pauses,
      onWarning: hooks.onWarning,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    });
  const count = consumerCount(kafka);
  const retryTopics = retryTopicsOf(config);
  const consumers = [
    ...Array.from({ length: count }, (_, index) => member(index, kafka.topic)),
    ...(retryTopics.length > 0 ? [member(count, retryTopics, true)] : []),
  ];
  const readers = {
    group: kafka.consumer_group,
    properties: { ...commonProperties(config), ...address },
    connectTimeoutMs: PROBE_TIMEOUT_MS,
  };
  const heldBack = new HeldBackReader({ ...readers, accessTo: (broker) => brokerAccess(broker, config) });
  const close = async (): Promise<void> => {
    await heldBack.close();
    await positions.close();
    await broker?.stop();
  };
  return {
    ...{ consumers, producer, close },
    findHeldBack: (partitions) => heldBack.find(partitions),
    findInOffsets: () => heldBack.findInOffsets(),
    findEnds: (partitions) => heldBack.ends(partitions),
  };
};

/**
 * exactly_once depends on our changes to librdkafka: see docs/adr/0019-late-requests.md. The embedded broker
 * guarantees nothing anyway. KS_CLIENT_UNPATCHED, or a warning if the configuration accepts it.
 */
export function checkPatch(
  { kafka }: Config,
  patched: boolean,
  onWarning: (error: KubesentimentError) => void,
): void {
  if (patched || kafka.delivery !== 'exactly_once' || kafka.bootstrap_servers[0] === 'embedded') return;
  const error = new KubesentimentError(
    'KS_CLIENT_UNPATCHED',
    'librdkafka was compiled without the patches that exactly_once needs: a request that the network delays can lose ' +
      'or double results.',
    {
      remedy: `${howToPatch()} Or set kafka.delivery to at_least_once. kafka.allow_unpatched: true accepts the risk.`,
    },
  );
  if (!kafka.allow_unpatched) throw error;
  onWarning(error);
}
