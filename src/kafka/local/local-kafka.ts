import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KafkaNode } from './kafka-node.ts';

export interface LocalKafkaOptions {
  /** The program to run it with, see `javaOf`. */
  readonly java: string;
  /** Of Kafka. Default: `KAFKA_VERSION`. */
  readonly version?: string | undefined;
  /** Processes of the cluster, each broker and controller. Default 1. */
  readonly nodes?: 1 | 3;
  /** Added to server.properties of every node. */
  readonly properties?: Readonly<Record<string, string>>;
  /** Kept afterwards, and reused when it holds the data of an earlier broker. Default: a temporary folder. */
  readonly dataDir?: string;
  /** Default: as suits brokers that live for minutes, with less to do at the start and less compiling later. */
  readonly javaOptions?: readonly string[];
  /** Properties of one node. */
  readonly propertiesOf?: (node: number) => Readonly<Record<string, string>>;
  /** Names of further listeners of a single node; `properties` say what they want of a client. */
  readonly listeners?: readonly string[];
  /** One of each for each node. Default: free ones. */
  readonly ports?: { readonly clients: readonly number[]; readonly controllers: readonly number[] };
}

export interface LocalKafka {
  readonly bootstrapServers: string;
  readonly nodes: readonly KafkaNode[];
  /** Process id of the first node. */
  readonly pid: number;
  /** Address of one of the further listeners. */
  addressOf(listener: string): string;
  /** Ends every node in order (SIGTERM). The data stay, for `restart`. */
  stop(): Promise<void>;
  /** Ends every node at once (SIGKILL). */
  kill(): Promise<void>;
  /** Starts again what is not running, stopping first what is: same data, same ports. */
  restart(): Promise<void>;
}

const shortLived = ['-XX:TieredStopAtLevel=1', '-XX:+UseSerialGC'];

/**
 * A real Apache Kafka in KRaft mode, on free loopback ports: for measurements, and for tests that need one.
 * Resolves when it serves. It ends with this process at the latest. KS_LOCAL_BROKER
 */
export async function startLocalKafka(options: LocalKafkaOptions): Promise<LocalKafka> {
  const temporary = options.dataDir === undefined;
  const folder = options.dataDir ?? mkdtempSync(join(tmpdir(), 'kubesentiment-kafka-'));
  const count = options.nodes ?? 1;
  const names = options.listeners ?? [];
  const ports = await freePorts(2 * count + names.length);
  const clientPorts = options.ports?.clients ?? ports.slice(0, count);
  const controllerPorts = options.ports?.controllers ?? ports.slice(count, 2 * count);
  const addressOf = (name: string): string => `127.0.0.1:${ports[2 * count + names.indexOf(name)]}`;
  const more = names.map((name) => `,${name}://${addressOf(name)}`).join('');
  const id = randomBytes(16);
  id[0] = (id[0] as number) & 0x7f; // as text it must not begin with a dash, or the tool takes it for an option
  const clusterId = id.toString('base64url');
  const nodes = clientPorts.map((_, index) => {
    const { java, version, javaOptions = shortLived } = options;
    const properties = {
      ...serverProperties(index, clientPorts, controllerPorts, more),
      ...options.properties,
      ...options.propertiesOf?.(index),
    };
    const nodeFolder = join(folder, `node-${index + 1}`);
    const common = { java, version, javaOptions, properties, clusterId, temporary };
    return new KafkaNode({ ...common, folder: nodeFolder });
  });
  process.once('exit', (code) => {
    for (const node of nodes) if (node.running) process.kill(node.pid, 'SIGKILL');
    // After a failure the logs stay: they may tell why.
    if (temporary && code === 0) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
  });
  await Promise.all(nodes.map((node) => node.start()));

  return {
    bootstrapServers: clientPorts.map((port) => `127.0.0.1:${port}`).join(','),
    nodes,
    addressOf,
    get pid() {
      return (nodes[0] as KafkaNode).pid;
    },
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
    kill: async () => void (await Promise.all(nodes.map((node) => node.kill()))),
    restart: async () => {
      await Promise.all(nodes.map((node) => node.stop()));
      await Promise.all(nodes.map((node) => node.start()));
    },
  };
}

function serverProperties(
  index: number,
  clientPorts: readonly number[],
  controllerPorts: readonly number[],
  moreListeners: string,
): Record<string, string> {
  const replicas = String(clientPorts.length);
  const client = `PLAINTEXT://127.0.0.1:${clientPorts[index]}`;
  return {
    'process.roles': 'broker,controller',
    'node.id': String(index + 1),
    'controller.quorum.voters': controllerPorts.map((port, i) => `${i + 1}@127.0.0.1:${port}`).join(','),
    listeners: `${client}${moreListeners},CONTROLLER://127.0.0.1:${controllerPorts[index]}`,
    'advertised.listeners': `${client}${moreListeners}`,
    'controller.listener.names': 'CONTROLLER',
    'listener.security.protocol.map':
      'PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SSL:SSL,SASL_PLAINTEXT:SASL_PLAINTEXT',
    'default.replication.factor': replicas,
    'offsets.topic.replication.factor': replicas,
    'transaction.state.log.replication.factor': replicas,
    'transaction.state.log.min.isr': String(Math.ceil(clientPorts.length / 2)),
    'offsets.topic.num.partitions': '5',
    'transaction.state.log.num.partitions': '5',
    'auto.create.topics.enable': 'false',
    'group.initial.rebalance.delay.ms': '0',
    // How long a killed broker is taken for alive, and so how long it cannot come back.
    'broker.session.timeout.ms': '4000',
    'broker.heartbeat.interval.ms': '500',
    // Room for very long texts.
    'message.max.bytes': '33554432',
    'replica.fetch.max.bytes': '33554432',
  };
}

/**
 * Ports below the range from which the system takes those of outgoing connections: a client that tries to
 * reach a stopped broker on such a port can meet itself and keep the broker from coming back.
 */
export async function freePorts(count: number): Promise<number[]> {
  const ports = new Set<number>();
  while (ports.size < count) {
    const port = 20_000 + Math.floor(Math.random() * 10_000);
    if (await isFree(port)) ports.add(port);
  }
  return [...ports];
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}
