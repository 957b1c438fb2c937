/**
 * Errors by name: the code of librdkafka (negative) or of the Kafka protocol, and the sentence that node-rdkafka hands
 * on with events and delivery reports: in lower case, without "Local: " or "Broker: ", and without the code. Failures
 * of a handshake have no sentence here: a broker that stops in the middle of one looks the same.
 */
const table = {
  badMessage: [-199, 'bad message format'],
  badCompression: [-198, 'invalid compressed data'],
  failed: [-196, 'communication failure with broker'],
  transport: [-195, 'broker transport failure'],
  resolve: [-193, 'host resolution failure'],
  messageTimedOut: [-192, 'message timed out'],
  unknownPartition: [-190, 'unknown partition'],
  unknownTopic: [-188, 'unknown topic'],
  allBrokersDown: [-187, 'all broker connections are down'],
  timedOut: [-185, 'timed out'],
  queueFull: [-184, 'queue full'],
  replicasMissing: [-183, 'isr count insufficient'],
  nodeUpdate: [-182, 'broker node update'],
  ssl: [-181],
  waitingForCoordinator: [-180, 'waiting for coordinator'],
  assignPartitions: [-175, 'assign partitions'],
  revokePartitions: [-174, 'revoke partitions'],
  state: [-172, 'erroneous state'],
  authentication: [-169],
  notImplemented: [-170, 'not implemented'],
  noOffset: [-168, 'no offset stored'],
  timedOutInQueue: [-166, 'timed out in queue'],
  waitingForCache: [-164, 'awaiting cache update'],
  retry: [-153, 'retry operation'],
  purgedFromQueue: [-152, 'purged in queue'],
  purgedInFlight: [-151, 'purged in flight'],
  fatal: [-150, 'fatal error'],
  inconsistent: [-149, 'inconsistent state'],
  maxPollExceeded: [-147, 'maximum application poll interval (max.poll.interval.ms) exceeded'],
  fenced: [-144, 'this instance has been fenced by a newer instance'],
  assignmentLost: [-142, 'group partition assignment lost'],
  autoOffsetReset: [-140, 'no offset to automatically reset to'],
  brokerGone: [-137, 'broker handle destroyed without termination'],
  offsetOutOfRange: [1, 'offset out of range'],
  unknownTopicOrPartition: [3, 'unknown topic or partition'],
  leaderNotAvailable: [5, 'leader not available'],
  notLeader: [6, 'not leader for partition'],
  requestTimedOut: [7, 'request timed out'],
  brokerNotAvailable: [8, 'broker not available'],
  replicaNotAvailable: [9, 'replica not available'],
  messageTooLarge: [10, 'message size too large'],
  networkException: [13, 'broker disconnected before response received'],
  coordinatorLoading: [14, 'coordinator load in progress'],
  coordinatorMissing: [15, 'coordinator not available'],
  notCoordinator: [16, 'not coordinator'],
  batchTooLarge: [18, 'message batch larger than configured server segment size'],
  notEnoughReplicas: [19, 'not enough in-sync replicas'],
  notEnoughReplicasAfterAppend: [20, 'message(s) written to insufficient number of in-sync replicas'],
  illegalGeneration: [22, 'specified group generation id is not valid'],
  inconsistentGroupProtocol: [23, 'inconsistent group protocol'],
  unknownMember: [25, 'unknown member'],
  rebalanceInProgress: [27, 'group rebalance in progress'],
  topicAuthorization: [29, 'topic authorization failed'],
  groupAuthorization: [30, 'group authorization failed'],
  clusterAuthorization: [31, 'cluster authorization failed'],
  invalidTimestamp: [32, 'invalid timestamp'],
  outOfOrderSequence: [45, 'broker received an out of order sequence number'],
  invalidProducerEpoch: [47, 'producer attempted an operation with an old epoch'],
  invalidTransactionState: [48, 'producer attempted a transactional operation in an invalid state'],
  invalidProducerIdMapping: [
    49,
    'producer attempted to use a producer id which is not currently assigned to its transactional id',
  ],
  concurrentTransactions: [
    51,
    'producer attempted to update a transaction while another concurrent operation on the same transaction was ' +
      'ongoing',
  ],
  transactionalIdAuthorization: [53],
  storage: [56, 'disk error when trying to access log file on disk'],
  saslAuthentication: [58],
  unknownProducerId: [59, 'unknown producer id'],
  listenerNotFound: [72, 'no matching listener'],
  fencedLeaderEpoch: [74, 'leader epoch is older than broker epoch'],
  unknownLeaderEpoch: [75, 'leader epoch is newer than broker epoch'],
  offsetNotAvailable: [78, 'leader high watermark is not caught up'],
  fencedInstance: [82, 'static consumer fenced by other consumer with same group.instance.id'],
  invalidRecord: [87, 'broker failed to validate record'],
  unstableOffset: [88, 'there are unstable offsets that need to be cleared'],
  quotaExceeded: [89, 'throttling quota has been exceeded'],
  producerFenced: [
    90,
    'there is a newer producer with the same transactionalid which fences the current one',
  ],
  unknownTopicId: [100, 'unknown topic id'],
  fencedMemberEpoch: [110, 'the member epoch is fenced by the group coordinator'],
  unreleasedInstance: [111, 'the instance id is still used by another member in the consumer group'],
  staleMemberEpoch: [113, 'the member epoch is stale'],
} as const satisfies Record<string, readonly [code: number, sentence?: string]>;

type Name = keyof typeof table;
const entries = Object.entries(table) as [Name, readonly [code: number, sentence?: string]][];

/** Codes by name. */
export const rdkafka = Object.fromEntries(entries.map(([name, [code]]) => [name, code])) as Record<
  Name,
  number
>;

const codeOfSentence = new Map(entries.map(([, [code, sentence]]) => [sentence, code]));
const NO_CODE = -1;

/** The code of a sentence of librdkafka, in whatever case. */
export function codeOf(sentence: string): number | undefined {
  return codeOfSentence.get(sentence.toLowerCase());
}

/** The numeric code of librdkafka or of the protocol; undefined for other errors. */
export function rdkafkaCode(error: unknown): number | undefined {
  const { code, message } = (error ?? {}) as { code?: unknown; message?: unknown };
  if (code === NO_CODE) return codeOf(String(message)) ?? code;
  return typeof code === 'number' ? code : undefined;
}
