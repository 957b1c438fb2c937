import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Broker, freePorts, startBroker } from '../helpers/kafka-broker.ts';
import { readMetadata } from '../helpers/kafka-client.ts';
import { moveLeader, setTopicConfig } from '../helpers/kafka-wire.ts';
import type { Random } from '../../src/corpus/random.ts';
import { type Intercept, KafkaConnection, type OnAnswer, type Traffic } from './kafka-connection.ts';
import { LateRequests } from './late-requests.ts';
import type { LossyNetwork } from './lossy-network.ts';
import { PacketLoss } from './packet-loss.ts';
import { type Connection, type ProxyMode, TcpProxy } from './tcp-proxy.ts';

/** Brokers that the members reach through proxies, and the harness directly. */
export interface Cluster {
  readonly broker: Broker;
  /** For the members. */
  readonly proxied: string;
  /** For the producer of the requests and for the readers. */
  readonly direct: string;
  /** Where the brokers keep their partitions, one folder for each. */
  readonly logDirs: readonly string[];
  /** What the network between members and brokers does. */
  network: ProxyMode;
  /** Answers requests of the members in the place of the broker. */
  intercept: Intercept | undefined;
  /** Told of the answers that the members get. */
  onAnswer: OnAnswer | undefined;
  /** Holds requests of the members' transactions. */
  readonly late: LateRequests;
  /** Where the network can lose packets. */
  readonly loss: PacketLoss | undefined;
  /** Another replica becomes the leader of each partition of the topic. */
  moveLeaders(topic: string, random: Random): Promise<void>;
  setTopicConfig(topic: string, key: string, value: string): Promise<void>;
  /** Resolves when every replica of the topics is in sync again. */
  untilWhole(topics: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** `min.insync.replicas` of a cluster of three. */
export const MIN_INSYNC = 2;
const ANSWER_TRIES = 60;
const LOOPBACK = '127.0.0.1';
/** As suits brokers that live for minutes, with the time in every line of their logs. */
const datedOptions = [
  '-XX:TieredStopAtLevel=1',
  '-XX:+UseSerialGC',
  '-Dorg.slf4j.simpleLogger.showDateTime=true',
  "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSXXX",
];

/** `properties` go into server.properties; `trace` is told of the traffic first. */
export async function startCluster(
  nodes: 1 | 3,
  properties: Readonly<Record<string, string>> = {},
  network?: LossyNetwork,
  trace?: Traffic,
): Promise<Cluster> {
  const ports = await freePorts(3 * nodes);
  const [clientPorts, memberPorts, controllerPorts] = [0, 1, 2].map((i) =>
    ports.slice(i * nodes, (i + 1) * nodes),
  );
  const late = new LateRequests();
  const loss = network && new PacketLoss(network, late);
  const watcher: { intercept?: Intercept | undefined; answered?: OnAnswer | undefined } = {};
  // The trace comes first: it sees what the broker said before somebody changes it.
  const traffic: Traffic[] = [...(trace ? [trace] : []), watcher, late, ...(loss ? [loss] : [])];
  const host = network?.host ?? LOOPBACK;
  const proxies = await Promise.all(
    (memberPorts as number[]).map((port, index) =>
      TcpProxy.start(port, {
        filter: (connection: Connection) => new KafkaConnection(connection, traffic, index + 1),
        host,
      }),
    ),
  );
  const dataDir = mkdtempSync(join(tmpdir(), 'kubesentiment-chaos-'));
  const addressOf = (port: number | undefined): string => `${LOOPBACK}:${port}`;
  const direct = (clientPorts as number[]).map(addressOf);
  const proxied = proxies.map(({ port }) => `${host}:${port}`);
  const broker = await startBroker({
    nodes,
    dataDir,
    ports: { clients: clientPorts as number[], controllers: controllerPorts as number[] },
    javaOptions: datedOptions,
    // A broker tells each client the address of the listener on which it came: members stay behind the proxy.
    propertiesOf: (node) => ({
      listeners:
        `PLAINTEXT://${direct[node]},MEMBERS://${addressOf(memberPorts?.[node])},` +
        `CONTROLLER://${addressOf(controllerPorts?.[node])}`,
      'advertised.listeners': `PLAINTEXT://${direct[node]},MEMBERS://${proxied[node]}`,
    }),
    properties: {
      'listener.security.protocol.map': 'PLAINTEXT:PLAINTEXT,MEMBERS:PLAINTEXT,CONTROLLER:PLAINTEXT',
      // Alone it has nowhere to move the leaders to, and an orderly stop takes a quarter of a minute.
      'controlled.shutdown.enable': String(nodes > 1),
      'min.insync.replicas': String(nodes > 1 ? MIN_INSYNC : 1),
      // Only the plan moves leaders, and those who die.
      'auto.leader.rebalance.enable': 'false',
      // A dead follower leaves the replicas in sync after this; records wait that long for it.
      'replica.lag.time.max.ms': '4000',
      // The protocol of KIP-848 has its times here.
      'group.consumer.min.session.timeout.ms': '6000',
      'group.consumer.session.timeout.ms': '6000',
      'group.consumer.min.heartbeat.interval.ms': '1000',
      'group.consumer.heartbeat.interval.ms': '1000',
      // Three on a busy machine must not take each other for dead.
      ...(nodes > 1 && {
        'broker.session.timeout.ms': '6000',
        'broker.heartbeat.interval.ms': '2000',
        'controller.quorum.fetch.timeout.ms': '6000',
        'controller.quorum.election.timeout.ms': '3000',
      }),
      // Transactions of the dead are ended a second after their time is up, not up to ten.
      'transaction.abort.timed.out.transaction.cleanup.interval.ms': '1000',
      ...properties,
    },
  });
  const servers = direct.join(',');
  return {
    broker,
    direct: servers,
    proxied: proxied.join(','),
    logDirs: direct.map((_, index) => join(dataDir, `node-${index + 1}/data`)),
    get network() {
      return (proxies[0] as TcpProxy).mode;
    },
    set network(mode: ProxyMode) {
      for (const proxy of proxies) proxy.mode = mode;
    },
    get intercept() {
      return watcher.intercept;
    },
    set intercept(intercept: Intercept | undefined) {
      watcher.intercept = intercept;
    },
    get onAnswer() {
      return watcher.answered;
    },
    set onAnswer(answered: OnAnswer | undefined) {
      watcher.answered = answered;
    },
    late,
    loss,
    moveLeaders: async (topic, random) => {
      const { partitions = [] } =
        (await readMetadata(servers, topic)).topics.find(({ name }) => name === topic) ?? {};
      for (const { id, leader, replicas, isrs } of partitions) {
        const others = isrs.filter((replica) => replica !== leader);
        if (others.length === 0) continue;
        const next = random.pick(others);
        const list = [next, ...replicas.filter((replica) => replica !== next)];
        await onAnyBroker(direct, (server) => moveLeader(server, topic, id, list));
      }
    },
    setTopicConfig: (topic, key, value) =>
      onAnyBroker(direct, (server) => setTopicConfig(server, topic, key, value)),
    untilWhole: async (topics) => {
      for (let attempt = 0; attempt < ANSWER_TRIES; attempt++) {
        const found = await Promise.all(topics.map((topic) => readMetadata(servers, topic)));
        const partitions = found.flatMap((metadata) => metadata.topics.flatMap((topic) => topic.partitions));
        if (
          partitions.length > 0 &&
          partitions.every(({ isrs, replicas }) => isrs.length === replicas.length)
        )
          return;
        await sleep(1_000);
      }
      throw new Error('The replicas did not get in sync again.');
    },
    close: async () => {
      for (const proxy of proxies) proxy.close();
      await broker.kill();
      rmSync(dataDir, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}

/** Some brokers may be away, or be looking for their controller. */
async function onAnyBroker(
  servers: readonly string[],
  run: (server: string) => Promise<void>,
): Promise<void> {
  for (let attempt = 0; ; attempt++) {
    try {
      return await run(servers[attempt % servers.length] as string);
    } catch (error) {
      if (attempt >= ANSWER_TRIES) throw error;
      await sleep(500);
    }
  }
}
