import { type ErrorCode, KubesentimentError } from '../errors.ts';
import { rdkafka, rdkafkaCode } from './codes.ts';
import { unreadableBatch, unreadableError } from './unreadable.ts';

/** An error object of node-rdkafka. The flags are only set by calls of a transaction. */
export interface RdkafkaError {
  readonly message: string;
  readonly isFatal?: boolean;
  readonly isRetriable?: boolean;
  readonly isTxnRequiresAbort?: boolean;
}

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
  rdkafka.timedOutInQueue,
  rdkafka.messageTimedOut,
  rdkafka.failed,
  rdkafka.brokerGone,
]);
/** The member's place in the group has changed; it will be told by a rebalance. */
const membership: ReadonlySet<number> = new Set([
  rdkafka.unknownMember,
  rdkafka.illegalGeneration,
  rdkafka.rebalanceInProgress,
  rdkafka.assignmentLost,
  rdkafka.fencedInstance,
  rdkafka.fencedMemberEpoch,
  rdkafka.staleMemberEpoch,
]);
const tooLarge: ReadonlySet<number> = new Set([rdkafka.messageTooLarge, rdkafka.batchTooLarge]);
/** The broker has given the transactional id a newer epoch. */
const fenced: ReadonlySet<number> = new Set([
  rdkafka.fenced,
  rdkafka.invalidProducerEpoch,
  rdkafka.producerFenced,
]);
/**
 * Broker and producer do not agree on the transaction, or on what has been written in it. A new producer begins afresh,
 * and the end of the old transaction undoes whatever it was.
 */
const expired: ReadonlySet<number> = new Set([
  rdkafka.invalidTransactionState,
  rdkafka.invalidProducerIdMapping,
  rdkafka.unknownProducerId,
  rdkafka.outOfOrderSequence,
  rdkafka.inconsistent,
]);
/** Brokers move about or are busy, or too few of them are there; it passes. */
const passing: ReadonlySet<number> = new Set([
  rdkafka.replicasMissing,
  rdkafka.nodeUpdate,
  rdkafka.waitingForCoordinator,
  rdkafka.waitingForCache,
  rdkafka.retry,
  rdkafka.brokerNotAvailable,
  rdkafka.replicaNotAvailable,
  rdkafka.networkException,
  rdkafka.concurrentTransactions,
  rdkafka.storage,
  rdkafka.listenerNotFound,
  rdkafka.fencedLeaderEpoch,
  rdkafka.unknownLeaderEpoch,
  rdkafka.offsetNotAvailable,
  rdkafka.unstableOffset,
  rdkafka.quotaExceeded,
  rdkafka.leaderNotAvailable,
  rdkafka.notLeader,
  rdkafka.requestTimedOut,
  rdkafka.coordinatorLoading,
  rdkafka.coordinatorMissing,
  rdkafka.notCoordinator,
  rdkafka.notEnoughReplicas,
  rdkafka.notEnoughReplicasAfterAppend,
]);

const TIMESTAMP_LIMITS =
  'a topic takes no record that is older than its message.timestamp.before.max.ms, or further ahead of the ' +
  "broker's clock than its message.timestamp.after.max.ms. With result.timestamp: request, these limits of the " +
  'results topic apply to the timestamps of requests; for a minute results are written with the present time.';
/** What a topic refuses, its size aside, and what to do. Without a transaction the broker only says invalidRecord. */
const refusals: ReadonlyMap<number, string> = new Map([
  [rdkafka.invalidTimestamp, `Compare this machine's clock with the broker's: ${TIMESTAMP_LIMITS}`],
  [
    rdkafka.invalidRecord,
    'A compacted topic takes no record without a key: set its cleanup.policy to delete, or send requests with keys. ' +
      `And ${TIMESTAMP_LIMITS}`,
  ],
]);

/**
 * Sorts an error of librdkafka as it asks to be sorted: retriable calls are called again, abortable
 * ones end the transaction, everything else, unknown errors too, is fatal. `topic`: where the record was to go.
 */
export function fromRdkafka(error: unknown, doing: string, topic?: string): KubesentimentError {
  if (error instanceof KubesentimentError) return error;
  const batch = unreadableBatch(error);
  if (batch !== undefined) return unreadableError(batch, error);
  const e = error as RdkafkaError;
  const reason = rdkafkaCode(error) ?? -1;
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
      'Give the user rights on the topics, the group and the transactional id ("kubesentiment rights show", "grant").',
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
  if (e.isFatal === true || reason === rdkafka.fatal) return make('KS_KAFKA_FATAL');
  if (tooLarge.has(reason)) {
    return new KubesentimentError('KS_RECORD_TOO_LARGE', sentence, {
      remedy:
        'Raise max.message.bytes of the topic to that of the request topic ("kubesentiment topics show", "set").',
      cause: error,
      topic: topic ?? /ProduceRequest for (\S+) \[/.exec(e.message)?.[1],
    });
  }
  if (membership.has(reason)) return make('KS_MEMBER_FENCED');
  if (reason === rdkafka.inconsistentGroupProtocol) {
    return make(
      'KS_KAFKA_RETRIABLE',
      'The members of a group need the same partition_assignment_strategy and group_protocol: ' +
        '"kubesentiment doctor" says what the others have.',
    );
  }
  const refused = refusals.get(reason);
  if (refused !== undefined) return make('KS_RECORD_REFUSED', refused);
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
