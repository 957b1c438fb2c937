import { BLOCKED_S } from '../lag.ts';
import type { Cause, Facts, Finding, Limit, PartitionFacts } from './facts.ts';
import { count, list, nameOf, several } from './words.ts';

/** A broker that is restarted is silent for less. */
const SILENT_MS = 20_000;
/** Brokers are asked every five seconds. */
const PERHAPS_SILENT_MS = 8_000;
/** Failed transactions in a row; one or two happen. */
const FAILED_MAX = 3;

/** Why nothing gets done, or nothing of a partition. The first that is found explains those after it. */
export const stuckCauses: readonly Cause[] = [
  notRunning,
  brokerUnreachable,
  deadLetterStop,
  topicMissing,
  rightsMissing,
  transactionsFail,
  joining,
  paused,
  unreadable,
  schemaMissing,
  openTransaction,
];

/** Whether it takes and commits messages, so that what it does says how much it can do. */
export function canWork({
  state,
  readsKafka,
  hasJoined,
  brokerSilentMs,
  stopReason,
  transactions,
}: Facts): boolean {
  const isTaking = state === 'running' && readsKafka && hasJoined && stopReason === undefined;
  return isTaking && brokerSilentMs < PERHAPS_SILENT_MS && transactions.failed < FAILED_MAX;
}

function notRunning({ state, readsKafka }: Facts): Finding | undefined {
  if (state === 'running' && readsKafka) return undefined;
  if (state === 'running')
    return ok('kafka_disabled', 'Nothing is read: kafka.enabled is false.', 'Set it to true and restart.');
  const sentence = sentencesOfStates[state];
  if (state === 'failed')
    return stuck('failed', sentence, 'Read the last lines of the log, then start it again.');
  return { limit: state, severity: 'stuck', sentence, remedy: null };
}

const sentencesOfStates = {
  starting: 'The service is starting: it loads the model and connects to Kafka.',
  draining: 'The service is stopping: it takes nothing more and finishes what it has.',
  stopped: 'The service has stopped.',
  failed: 'The service has failed: nothing more is committed.',
} as const;

function brokerUnreachable({ brokers, brokerSilentMs }: Facts): Finding | undefined {
  if (brokerSilentMs < SILENT_MS) return undefined;
  const seconds = Math.round(brokerSilentMs / 1_000);
  return stuck(
    'broker_unreachable',
    `No broker has answered for ${seconds} s (${list(brokers)}).`,
    'Check brokers and network; "kubesentiment doctor" shows how far a connection gets. It goes on by itself.',
  );
}

function deadLetterStop({ stopReason }: Facts): Finding | undefined {
  if (stopReason === undefined) return undefined;
  return stuck(
    'dead_letter_stop',
    `The consumer has stopped by itself. ${stopReason}`,
    '"kubesentiment dlq stats --since 15m" shows why they failed. Mend the cause, then restart it.',
  );
}

function topicMissing({ missingTopics }: Facts): Finding | undefined {
  if (missingTopics.length === 0) return undefined;
  return stuck(
    'topic_missing',
    `There is no topic ${list(missingTopics)}.`,
    'Create it ("kubesentiment topics create"), or correct kafka.topic. It is read as soon as it is there.',
  );
}

function rightsMissing({ transactions: { failure } }: Facts): Finding | undefined {
  if (failure?.isForbidden !== true) return undefined;
  return stuck(
    'rights_missing',
    `Kafka does not let this user write or commit: ${failure.sentence}`,
    failure.remedy ?? 'Give the user the rights. It goes on by itself.',
  );
}

function transactionsFail({ transactions: { failed, failure } }: Facts): Finding | undefined {
  if (failed < FAILED_MAX) return undefined;
  return stuck(
    'transactions_failing',
    `The last ${failed} transactions failed. ${failure?.sentence ?? ''}`.trim(),
    failure?.remedy ?? 'The log says why (transaction_aborted). They are tried again, and nothing is lost.',
  );
}

function joining({ hasJoined }: Facts): Finding | undefined {
  if (hasJoined) return undefined;
  return stuck(
    'joining',
    'The group has not assigned any partitions yet.',
    'If it lasts, a member does not answer or has another assignment strategy: "kubesentiment doctor", line members.',
  );
}

function paused({ partitions }: Facts): Finding | undefined {
  const found = partitions.filter((each) => each.paused);
  if (found.length === 0) return undefined;
  const which = found.length === partitions.length ? 'all partitions' : list(found.map(nameOf));
  const waiting = found.reduce((sum, each) => sum + each.waiting, 0);
  // Nothing is fetched from it, and the broker is only asked every few seconds.
  const of = found.length === 1 ? 'it' : 'them';
  const wait =
    waiting === 0
      ? ''
      : `; at least ${several(waiting, 'message')} of ${of} ${waiting === 1 ? 'waits' : 'wait'}`;
  return stuck('paused', `An operator has paused ${which}${wait}.`, '"kubesentiment resume" goes on.');
}

function unreadable({ partitions }: Facts): Finding | undefined {
  const found = partitions.filter((each) => each.unreadable !== undefined);
  if (found.length === 0) return undefined;
  return stuck(
    'unreadable',
    `${list(found.map(nameOf))} cannot be read on: ${found[0]?.unreadable}`,
    'Nothing is skipped. docs/troubleshooting.md, "A partition stands still", says what to do.',
  );
}

function schemaMissing({ schemaTrouble, schemaWaiting }: Facts): Finding | undefined {
  if (schemaTrouble === undefined) return undefined;
  return stuck(
    'schema_registry',
    `${several(schemaWaiting, 'message')} wait for their schema. ${schemaTrouble}`,
    'Check schema_registry.url, its user and its certificate. It is asked again, and nothing is lost.',
  );
}

function openTransaction({ partitions }: Facts): Finding | undefined {
  const found = partitions.filter(({ heldBack }) => heldBack !== undefined && heldBack.seconds >= BLOCKED_S);
  const [first] = found as [PartitionFacts, ...PartitionFacts[]];
  if (first?.heldBack === undefined) return undefined;
  const { records, offset, holder, seconds } = first.heldBack;
  const at = offset === null ? '' : ` at offset ${offset}`;
  const whose = holder === null ? 'another producer' : holder;
  const more = found.length > 1 ? `; ${several(found.length - 1, 'more partition')} too` : '';
  return stuck(
    'open_transaction',
    `${nameOf(first)} is blocked${at} by an open transaction of ${whose}, for ${count(seconds)} s: ` +
      `${several(records, 'record')} behind it cannot be read${more}.`,
    'Let that producer commit, or restart it. If it is gone: "kubesentiment transactions abort".',
  );
}

function stuck(limit: Limit, sentence: string, remedy: string): Finding {
  return { limit, severity: 'stuck', sentence, remedy };
}

function ok(limit: Limit, sentence: string, remedy: string): Finding {
  return { limit, severity: 'ok', sentence, remedy };
}
