import type { Move } from '../clients.ts';
import { isOther, type PartitionRange } from './start-positions.ts';

/** What librdkafka says when it gives a position up (0012-recreated-topic.patch). */
export interface ResetReport {
  /** The offset that it was about to fetch. */
  readonly from: number;
  /** Where the log has been cut off, if it knows. */
  readonly cutAt?: number | undefined;
  /** The topic has been created again. */
  readonly isRecreated: boolean;
}

const REPORT = /(\S+) \[(\d+)\]: offset reset \(at offset (\d+)/;
const CUT = /to (\d+): log truncation/;

/** From a line of librdkafka's log; undefined for any other line. */
export function readReport(
  message: string,
): { topic: string; partition: number; report: ResetReport } | undefined {
  const found = REPORT.exec(message);
  if (found === null) return undefined;
  const [, topic = '', partition, from] = found;
  const cut = CUT.exec(message)?.[1];
  const isRecreated = message.includes('topic was created again');
  const cutAt = cut === undefined ? undefined : Number(cut);
  return { topic, partition: Number(partition), report: { from: Number(from), cutAt, isRecreated } };
}

export interface Situation {
  /** The id of the topic that has been read so far. */
  readonly topicId: string | undefined;
  readonly range: PartitionRange;
  /** undefined: records came again, and librdkafka has said nothing. */
  readonly report: ResetReport | undefined;
  /** The next offset that would have been taken. */
  readonly next: number;
}

/**
 * How the position of a partition has moved; undefined if its log is the same and some records only came again. Where
 * ids are not known, records that come again are taken for those of another log: nothing may be passed over.
 */
export function moveOf({ topicId, range, report, next }: Situation): Move | undefined {
  const { low } = range;
  if (isOther(topicId, range.topicId) || report?.isRecreated === true)
    return { from: next, to: low, reason: 'topic_recreated' };
  if (report === undefined)
    return topicId === undefined ? { from: next, to: low, reason: 'log_shorter' } : undefined;
  if (report.cutAt !== undefined)
    return { from: next, to: Math.max(report.cutAt, low), reason: 'log_shorter' };
  if (report.from < low) return { from: report.from, to: low, reason: 'trimmed' };
  return { from: next, to: low, reason: 'log_shorter' };
}
