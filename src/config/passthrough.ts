import { type PropertyScope, propertyScopes } from './librdkafka-names.ts';
import type { Config } from './schema.ts';
import { suggest } from './suggest.ts';

type Kafka = Config['kafka'];
export type PropertyValue = string | number | boolean;

export interface PropertyFault {
  readonly message: string;
  readonly suggestion?: string | undefined;
}

/** Properties for which we have our own key; each fact has one place. */
const ownKeys: Readonly<Record<string, keyof Kafka>> = {
  'bootstrap.servers': 'bootstrap_servers',
  'metadata.broker.list': 'bootstrap_servers',
  'group.id': 'consumer_group',
  'group.instance.id': 'group_instance_id',
  'group.protocol': 'group_protocol',
  'transactional.id': 'transactional_id',
  'session.timeout.ms': 'session_timeout_ms',
  'heartbeat.interval.ms': 'heartbeat_interval_ms',
  'max.poll.interval.ms': 'max_poll_interval_ms',
  'partition.assignment.strategy': 'partition_assignment_strategy',
  'auto.offset.reset': 'auto_offset_reset',
  'enable.auto.commit': 'enable_auto_commit',
  'auto.commit.enable': 'enable_auto_commit',
  'fetch.min.bytes': 'fetch_min_bytes',
  'fetch.wait.max.ms': 'fetch_max_wait_ms',
  'fetch.message.max.bytes': 'max_partition_fetch_bytes',
  'max.partition.fetch.bytes': 'max_partition_fetch_bytes',
  acks: 'producer_acks',
  'request.required.acks': 'producer_acks',
  'linger.ms': 'producer_linger_ms',
  'queue.buffering.max.ms': 'producer_linger_ms',
  'batch.size': 'producer_batch_size',
  'compression.type': 'producer_compression_type',
  'compression.codec': 'producer_compression_type',
  retries: 'producer_retries',
  'message.send.max.retries': 'producer_retries',
  'security.protocol': 'security_protocol',
  'ssl.ca.location': 'ssl_cafile',
  'ssl.certificate.location': 'ssl_certfile',
  'ssl.key.location': 'ssl_keyfile',
  'ssl.key.password': 'ssl_password',
  'ssl.endpoint.identification.algorithm': 'ssl_check_hostname',
  'sasl.mechanism': 'sasl_mechanism',
  'sasl.mechanisms': 'sasl_mechanism',
  'sasl.username': 'sasl_plain_username',
  'sasl.password': 'sasl_plain_password',
  'sasl.oauthbearer.token.endpoint.url': 'sasl_oauth_token_endpoint_url',
  'sasl.oauthbearer.client.id': 'sasl_oauth_client_id',
  'sasl.oauthbearer.client.secret': 'sasl_oauth_client_secret',
  'sasl.oauthbearer.scope': 'sasl_oauth_scope',
  'sasl.oauthbearer.method': 'sasl_mechanism',
};

/** Properties that would break the promise of `delivery`, or this program. */
const denied: Readonly<Record<string, string>> = {
  'enable.auto.offset.store':
    'offsets may be stored only after their results are written, so only this program stores them',
  'isolation.level': 'requests of aborted transactions must not be read',
  'enable.idempotence':
    'it follows from delivery; without it, a result that is sent again would be written twice',
  'enable.gapless.guarantee': 'it turns a failed record into a fatal error that no retry can recover from',
  'enable.partition.eof': 'the end of a partition says how far its offset may move',
  'offset.store.method': 'offsets belong in the broker, in the same transaction as their results',
};

/** Of librdkafka's own ways to get a token, which are not in use, and of extensions, which are not sent. */
const OAUTH = 'sasl.oauthbearer.';
const NO_OAUTH = 'this program asks for the token itself (kafka.sasl_oauth_…), and sends no extensions';

/** Why a property may not be passed on to librdkafka; undefined if it may. Never quotes the value. */
export function propertyFault(kafka: Kafka, name: string, value: PropertyValue): PropertyFault | undefined {
  const ownKey = Object.hasOwn(ownKeys, name) ? ownKeys[name] : undefined;
  if (ownKey !== undefined) return { message: `${name} has its own key: kafka.${ownKey}` };
  if (Object.hasOwn(denied, name)) return { message: `${name} cannot be set: ${denied[name]}` };
  if (name.startsWith(OAUTH)) return { message: `${name} cannot be set: ${NO_OAUTH}` };
  if (name.startsWith('test.mock.')) return { message: `${name}: use bootstrap_servers: ["embedded"]` };
  if (!propertyScopes.has(name)) {
    return {
      message: `librdkafka has no property "${name}"`,
      suggestion: suggest(name, propertyScopes.keys()),
    };
  }
  if (name === 'transaction.timeout.ms' && !(Number(value) < kafka.session_timeout_ms)) {
    return {
      message:
        `${name} must be a number below session_timeout_ms (${kafka.session_timeout_ms}), so that a dead process's ` +
        'transaction ends before another takes its partitions',
    };
  }
  if (weakens(name, value) && !kafka.allow_insecure) {
    return { message: `${name} disables a security check; that requires allow_insecure: true` };
  }
  return undefined;
}

/** The passed-through properties that belong to one of `scopes`. */
export function passthrough(kafka: Kafka, scopes: readonly PropertyScope[]): Record<string, PropertyValue> {
  const entries = Object.entries(kafka.librdkafka);
  return Object.fromEntries(
    entries.filter(([name]) => scopes.some((scope) => scope === propertyScopes.get(name))),
  );
}

/** Whether the value of a librdkafka property must be hidden. An unknown property may be a misspelled password. */
export function isSecretProperty(name: string): boolean {
  return !propertyScopes.has(name) || /pass|secret|\.pem$|sasl\.oauthbearer\.config/.test(name);
}

function weakens(name: string, value: PropertyValue): boolean {
  const text = String(value).toLowerCase();
  const isOff = text === 'false' || text === '0' || text === 'f';
  if (name === 'enable.ssl.certificate.verification') return isOff;
  return name === 'enable.sasl.oauthbearer.unsecure.jwt' && !isOff;
}
