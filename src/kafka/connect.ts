import { setTimeout as sleep } from 'node:timers/promises';
import { KubesentimentError } from '../errors.ts';
import { fromRdkafka } from './errors.ts';
import { type EventSource, HandshakeWatch } from './handshake.ts';
import { type OauthClient, provideToken } from './oauth.ts';

/** What all clients of node-rdkafka have in common. */
interface RawClient extends EventSource, OauthClient {
  connect(options: object, callback: (error: unknown, metadata: unknown) => void): unknown;
  isConnected(): boolean;
  getMetadata(options: object, callback: (error: unknown, metadata: unknown) => void): unknown;
}

/** Brokers that hold the partition, those of them that are in sync, and the one that leads it, below 0 if none does. */
export interface PartitionMetadata {
  readonly id: number;
  readonly leader: number;
  readonly replicas: readonly number[];
  readonly isrs: readonly number[];
}

/** Metadata of the cluster as far as we look at it. */
export interface ClusterMetadata {
  readonly brokers: readonly { readonly id: number; readonly host: string; readonly port: number }[];
  readonly topics: readonly { readonly name: string; readonly partitions: readonly PartitionMetadata[] }[];
}

const ATTEMPT_TIMEOUT_MS = 5_000;
const TOPIC_ATTEMPTS = 4;
const TOPIC_WAIT_MS = 250;

/** Makes a client. KS_CONFIG_INVALID when librdkafka refuses a property or was built without what it needs. */
export function makeClient<T>(make: () => T): T {
  try {
    return make();
  } catch (cause) {
    if (cause instanceof KubesentimentError) throw cause; // KS_CLIENT_MISSING
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KubesentimentError(
      'KS_CONFIG_INVALID',
      `librdkafka does not take the configuration: ${reason}.`,
      {
        remedy: 'Change the setting behind this property.',
        cause,
      },
    );
  }
}

/** Starts the client and waits for a broker, trying again with back-off, visibly, until `timeoutMs`. */
export async function connectClient(
  client: RawClient,
  timeoutMs: number,
  onWarning: (error: KubesentimentError) => void,
): Promise<void> {
  const deadline = performance.now() + timeoutMs;
  const watch = new HandshakeWatch(client);
  let hasToken = false;
  const tryOnce = async (attemptTimeoutMs: number): Promise<unknown> => {
    try {
      if (!hasToken) await provideToken(client, onWarning);
      hasToken = true;
    } catch (error) {
      return error;
    }
    const connected = attempt((done) => client.connect({ timeout: attemptTimeoutMs }, done));
    return Promise.race([connected, watch.refused]);
  };
  try {
    let error = await tryOnce(Math.min(ATTEMPT_TIMEOUT_MS, timeoutMs));
    for (let waitMs = 250; error !== undefined; waitMs = Math.min(waitMs * 2, 5_000)) {
      const known = withAddress(fromRdkafka(error, 'Connecting to the broker'), client);
      if (!known.retryable || performance.now() + waitMs > deadline) throw known;
      onWarning(known);
      await sleep(waitMs);
      error = await tryOnce(ATTEMPT_TIMEOUT_MS);
    }
  } finally {
    watch.close();
  }
}

/** librdkafka says that no broker answers, but not which it has asked. */
function withAddress(error: KubesentimentError, { globalConfig }: RawClient): KubesentimentError {
  const servers: unknown = (globalConfig as Record<string, unknown> | undefined)?.['metadata.broker.list'];
  if (error.code !== 'KS_BROKER_UNREACHABLE' || servers === undefined) return error;
  const { remedy, cause } = error;
  return new KubesentimentError(error.code, `No broker answers at ${servers}. ${error.message}`, {
    ...(remedy !== undefined && { remedy }),
    cause,
  });
}

/** Metadata of all topics, or of one. Rejects with KS_BROKER_UNREACHABLE when no broker answers. */
export function readMetadata(client: RawClient, topic?: string): Promise<ClusterMetadata> {
  return new Promise((resolve, reject) => {
    const options =
      topic === undefined ? { timeout: ATTEMPT_TIMEOUT_MS } : { topic, timeout: ATTEMPT_TIMEOUT_MS };
    client.getMetadata(options, (error, metadata) => {
      if (error) reject(fromRdkafka(error, 'Reading metadata'));
      else resolve(metadata as ClusterMetadata);
    });
  });
}

/** Number of partitions of a topic; KS_TOPIC_MISSING when the cluster does not have it after a while. */
export async function waitForTopic(client: RawClient, topic: string): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    const { topics } = await readMetadata(client, topic);
    const count = topics.find((entry) => entry.name === topic)?.partitions.length ?? 0;
    if (count > 0) return count;
    if (attempt === TOPIC_ATTEMPTS) break;
    await sleep(TOPIC_WAIT_MS); // a broker that creates topics by itself needs a moment
  }
  throw new KubesentimentError('KS_TOPIC_MISSING', `The topic "${topic}" does not exist.`, {
    remedy: 'Create it, name another one in the configuration, or give the user the right to see it.',
  });
}

function attempt(call: (done: (error: unknown) => void) => unknown): Promise<unknown> {
  return new Promise((resolve) => call((error) => resolve(error ?? undefined)));
}
