import { Socket } from 'node:net';
import { clusterProperties } from '../cluster/access.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { KafkaAdmin } from '../kafka/admin.ts';
import { EmbeddedBroker, EMBEDDED_PARTITIONS } from '../kafka/embedded.ts';
import { javaOf, KAFKA_VERSION, whyNoBroker } from '../kafka/local/kafka-jars.ts';
import { startLocalKafka } from '../kafka/local/local-kafka.ts';
import { listeningProcess } from './listening-process.ts';

/** The broker used for a measurement, regardless of who started it. */
export interface BenchBroker {
  /** For the report: what it is, without its address. */
  readonly name: string;
  readonly bootstrapServers: string;
  /** How clients of this process reach it. */
  readonly properties: Record<string, string | number | boolean>;
  /** Its process, if it is ours. */
  readonly pid: number | undefined;
  /** Partitions of a topic, where it does not ask how many are wanted. */
  readonly partitions: number | undefined;
  /** Most messages that it keeps for sure. */
  readonly aheadMax: number;
  createTopics(names: readonly string[], partitions: number): Promise<void>;
  deleteTopics(names: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** So that saturation never runs dry, and the disk holds it. */
const AHEAD_MAX = 100_000;
/** The embedded broker keeps 5 MiB of a partition. */
const EMBEDDED_AHEAD_MAX = 12_000;
const PROBE_MS = 1_000;

/**
 * `wanted`: `embedded`, `local`, or undefined for the configured one. If that is on this machine and nothing listens
 * there, a local one is started instead, and `log` says so.
 */
export async function openBroker(
  wanted: 'embedded' | 'local' | undefined,
  config: Config,
  javaHome: string | undefined,
  log: (line: string) => void,
): Promise<BenchBroker> {
  const servers = config.kafka.bootstrap_servers;
  if (wanted === 'embedded' || (wanted === undefined && servers[0] === 'embedded')) return embedded();
  if (wanted === 'local') return local(javaHome);
  if (await nobodyListens(servers)) {
    log(
      `No broker at ${servers[0]}: starting a real Apache Kafka for this measurement, as with --broker local.`,
    );
    return local(javaHome);
  }
  return remote(config);
}

async function embedded(): Promise<BenchBroker> {
  const broker = await EmbeddedBroker.start();
  return {
    name: 'embedded',
    bootstrapServers: broker.bootstrapServers,
    properties: broker.properties,
    pid: undefined,
    partitions: EMBEDDED_PARTITIONS,
    aheadMax: EMBEDDED_AHEAD_MAX,
    createTopics: async () => undefined, // it creates topics on request
    deleteTopics: async () => undefined,
    close: () => broker.stop(),
  };
}

async function local(javaHome: string | undefined): Promise<BenchBroker> {
  const java = javaOf(javaHome);
  const reason = whyNoBroker(java);
  if (reason !== undefined) {
    throw new KubesentimentError('KS_LOCAL_BROKER', `A real Apache Kafka cannot be started: ${reason}.`, {
      remedy: 'Install it, name a running broker with --broker HOST:PORT, or use --broker embedded.',
    });
  }
  const kafka = await startLocalKafka({ java });
  const properties = { 'metadata.broker.list': kafka.bootstrapServers };
  return {
    ...withTopics(properties),
    name: `Apache Kafka ${KAFKA_VERSION}, on this machine`,
    bootstrapServers: kafka.bootstrapServers,
    pid: kafka.pid,
    deleteTopics: async () => undefined, // they disappear with the broker
    close: () => kafka.stop(),
  };
}

function remote(config: Config): BenchBroker {
  const servers = config.kafka.bootstrap_servers;
  const bootstrapServers = servers.join(',');
  return {
    ...withTopics(clusterProperties(config) as BenchBroker['properties']),
    name: 'a running broker',
    bootstrapServers,
    pid: processOf(servers),
    close: async () => undefined,
  };
}

function withTopics(properties: BenchBroker['properties']) {
  const withAdmin = async (
    names: readonly string[],
    run: (admin: KafkaAdmin, name: string) => Promise<unknown>,
  ) => {
    const admin = new KafkaAdmin(properties);
    try {
      for (const name of names) await run(admin, name);
    } finally {
      admin.close();
    }
  };
  return {
    properties,
    partitions: undefined,
    aheadMax: AHEAD_MAX,
    createTopics: (names: readonly string[], partitions: number) =>
      withAdmin(names, (admin, name) => admin.createTopic({ name, partitions, replication: -1 })),
    deleteTopics: (names: readonly string[]) => withAdmin(names, (admin, name) => admin.deleteTopic(name)),
  };
}

/** Whether all of `servers` are on this machine and none accepts connections. */
async function nobodyListens(servers: readonly string[]): Promise<boolean> {
  for (const server of servers) {
    const { host, port } = addressOf(server);
    if (!isHere(host)) return false;
    if (await listens(host.replace(/[[\]]/g, ''), port)) return false;
  }
  return true;
}

/** Of the only broker, if it runs on this machine. */
function processOf(servers: readonly string[]): number | undefined {
  const [only = '', ...others] = servers;
  const { host, port } = addressOf(only);
  return others.length === 0 && isHere(host) ? listeningProcess(port) : undefined;
}

function addressOf(server: string): { readonly host: string; readonly port: number } {
  const [, host = '', port = ''] = /^(.*):(\d+)$/.exec(server) ?? [];
  return { host, port: Number(port) };
}

function isHere(host: string): boolean {
  return ['localhost', '127.0.0.1', '[::1]'].includes(host);
}

function listens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = new Socket();
    const end = (answer: boolean) => () => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(PROBE_MS, end(false));
    socket.once('connect', end(true)).once('error', end(false));
    socket.connect(port, host);
  });
}
