import { type ErrorCode, KubesentimentError } from '../errors.ts';

/** An error object of node-rdkafka. The flags are only set by calls of a transaction. */
interface RdkafkaError {
  readonly message: string;
  readonly code: number;
  readonly isFatal?: boolean;
  readonly isRetriable?: boolean;
  readonly isTxnRequiresAbort?: boolean;
}

/** Codes of librdkafka (negative) and of the Kafka protocol that we treat by name. */
export const rdkafka = {
  timedOut: -185,
  messageTimedOut: -192,
  queueFull: -184,
  transport: -195,
  allBrokersDown: -187,
  authentication: -169,
  resolve: -193,
  ssl: -181,
  assignPartitions: -175,
  revokePartitions: -174,
  noOffset: -168,
  fatal: -150,
  fenced: -144,
  state: -172,
  maxPollExceeded: -147,
  autoOffsetReset: -140,
  unknownPartition: -190,
  unknownTopic: -188,
  unknownTopicOrPartition: 3,
  leaderNotAvailable: 5,
  notLeader: 6,
  requestTimedOut: 7,
  coordinatorLoading: 14,
  coordinatorMissing: 15,
  notCoordinator: 16,
  notEnoughReplicas: 19,
  notEnoughReplicasAfterAppend: 20,
  invalidProducerEpoch: 47,
  invalidTransactionState: 48,
  invalidProducerIdMapping: 49,
  unknownProducerId: 59,
  offsetOutOfRange: 1,
  messageTooLarge: 10,
  topicAuthorization: 29,
  groupAuthorization: 30,
  clusterAuthorization: 31,
  saslAuthentication: 58,
  transactionalIdAuthorization: 53,
  unknownMember: 25,
  rebalanceInProgress: 27,
  noGroupMember: -138,
  illegalGeneration: 22,
  fencedInstance: 82,
  producerFenced: 90,
  fencedMemberEpoch: 110,
  staleMemberEpoch: 113,
} as const;

const authorization: ReadonlySet<number> = new Set([
  rdkafka.topicAuthorization,
  rdkafka.groupAuthorization,
  rdkafka.clusterAuthorization,
  rdkafka.transactionalIdAuthorization,
]);
const authentication: ReadonlySet<number> = new Set([rdkafka.authentication, rdkafka.saslAuthentication]);
const missing: ReadonlySet<number> = new Set([
  rdkafka.unknownTopicOrPartition,
  rdkafka.unknownTopic,
  rdkafka.unknownPartition,
]);
const unreachable: ReadonlySet<number> = new Set([
  rdkafka.transport,
  rdkafka.allBrokersDown,
  rdkafka.resolve,
  rdkafka.timedOut,
  rdkafka.messageTimedOut,
]);
/** The member's place in the group has changed; it will be told by a rebalance. */
const membership: ReadonlySet<number> = new Set([
  rdkafka.unknownMember,
  rdkafka.illegalGeneration,
  rdkafka.rebalanceInProgress,
  rdkafka.noGroupMember,
  rdkafka.fencedMemberEpoch,
  rdkafka.staleMemberEpoch,
]);
/** The broker has given the transactional id a newer epoch. */
const fenced: ReadonlySet<number> = new Set([
  rdkafka.fenced,
  rdkafka.invalidProducerEpoch,
  rdkafka.producerFenced,
]);
/** The coordinator does not know the transaction that this producer believes in; a new producer begins afresh. */
const expired: ReadonlySet<number> = new Set([
  rdkafka.invalidTransactionState,
  rdkafka.invalidProducerIdMapping,
  rdkafka.unknownProducerId,
]);
/** Brokers move about, or too few of them are there; it passes. */
const passing: ReadonlySet<number> = new Set([
  rdkafka.leaderNotAvailable,
  rdkafka.notLeader,
  rdkafka.requestTimedOut,
  rdkafka.coordinatorLoading,
  rdkafka.coordinatorMissing,
  rdkafka.notCoordinator,
  rdkafka.notEnoughReplicas,
  rdkafka.notEnoughReplicasAfterAppend,
]);

/**
 * Of an event only the sentence arrives, in lower case and without "Local: " or "Broker: ": node-rdkafka drops the
 * code. Failures of a handshake are not here: a broker that ends in the middle of one looks the same.
 */
const codeOfEvent: ReadonlyMap<string, number> = new Map([
  ['fatal error', rdkafka.fatal],
  ['static consumer fenced by other consumer with same group.instance.id', rdkafka.fencedInstance],
  ['maximum application poll interval (max.poll.interval.ms) exceeded', rdkafka.maxPollExceeded],
  ['no offset to automatically reset to', rdkafka.autoOffsetReset],
  ['all broker connections are down', rdkafka.allBrokersDown],
  ['broker transport failure', rdkafka.transport],
  ['host resolution failure', rdkafka.resolve],
  ['timed out', rdkafka.timedOut],
  ['topic authorization failed', rdkafka.topicAuthorization],
  ['group authorization failed', rdkafka.groupAuthorization],
  ['cluster authorization failed', rdkafka.clusterAuthorization],
]);
const NO_CODE = -1;

/** Numeric code of librdkafka or of the protocol; undefined for other errors. */
export function rdkafkaCode(error: unknown): number | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code === NO_CODE) return codeOfEvent.get(String(message)) ?? code;
  return typeof code === 'number' ? code : undefined;
}

/**
 * Sorts an error of librdkafka as it asks to be sorted: retriable calls are called again, abortable
 * ones end the transaction, everything else, unknown errors too, is fatal.
 */
export function fromRdkafka(error: unknown, doing: string): KubesentimentError {
  if (error instanceof KubesentimentError) return error;
  const e = error as RdkafkaError;
  const reason = rdkafkaCode(error) ?? NO_CODE;
  const sentence = `${doing} failed: ${e.message} (librdkafka ${reason}).`;
  const make = (code: ErrorCode, remedy?: string): KubesentimentError =>
    new KubesentimentError(
      code,
      sentence,
      remedy === undefined ? { cause: error } : { cause: error, remedy },
    );

  if (authorization.has(reason)) {
    return make(
      e.isFatal === true ? 'KS_KAFKA_FATAL' : 'KS_NOT_AUTHORIZED',
      'Give the user rights on the topics, the group and the transactional id.',
    );
  }
  if (authentication.has(reason)) {
    return make('KS_NOT_AUTHORIZED', 'Check sasl_mechanism, the user name and the password.');
  }
  if (reason === rdkafka.ssl) {
    return make('KS_NOT_AUTHORIZED', 'Check ssl_cafile and the certificates.');
  }
  if (fenced.has(reason) && e.isTxnRequiresAbort !== true) {
    return make(
      'KS_PRODUCER_FENCED',
      'Start it again; if another process has the same transactional_id, give each one of its own.',
    );
  }
  if (expired.has(reason) && e.isFatal === true) return make('KS_PRODUCER_EXPIRED');
  // A bare "fatal error" comes without its reason; a static member that was replaced is the likely one.
  if (reason === rdkafka.fencedInstance || reason === rdkafka.fatal) {
    return make(
      'KS_KAFKA_FATAL',
      'Start it again; if another process has the same group_instance_id, give each one of its own.',
    );
  }
  if (e.isFatal === true) return make('KS_KAFKA_FATAL');
  if (reason === rdkafka.messageTooLarge) {
    return make('KS_RECORD_TOO_LARGE', 'Raise max.message.bytes of the topic to that of the request topic.');
  }
  if (membership.has(reason)) return make('KS_MEMBER_FENCED');
  if (e.isTxnRequiresAbort === true) return make('KS_KAFKA_ABORTABLE');
  if (e.isRetriable === true || passing.has(reason)) return make('KS_KAFKA_RETRIABLE');
  if (missing.has(reason)) {
    return make('KS_TOPIC_MISSING', 'Create the topic, or let the broker create it.');
  }
  if (unreachable.has(reason)) {
    return make('KS_BROKER_UNREACHABLE', 'Check bootstrap_servers, the network and that the broker runs.');
  }
  return make('KS_KAFKA_FATAL');
}
