/**
 * What a process leaves behind when its event loop stood still: which messages it had in hand. Kept as a text with an
 * offset of a group of its own (docs/adr/0025-watchdog.md), so that whoever gets the partition next can find the one
 * message that is to blame.
 */
import type { TopicPartition } from './types.ts';

/** Where messages are in hand: their texts are read, rows put into batches, results written. */
export const markPhases = ['decode', 'classify', 'publish'] as const;
export type MarkPhase = (typeof markPhases)[number];

/** Messages of one partition that were in hand together when a process was ended. */
export interface StallMark {
  readonly phase: MarkPhase;
  readonly first: number;
  readonly last: number;
  /** How many processes have ended with this message in hand. Of several messages: 1. */
  readonly ends: number;
}

export interface PartitionMarks extends TopicPartition {
  readonly marks: readonly StallMark[];
}

/** A message that has ended this many processes becomes a dead letter. */
const ENDS_MAX = 2;
/** Brokers refuse texts of more than 4,096 bytes (`offset.metadata.max.bytes`). */
const MARKS_MAX = 60;

const MARK = /^(decode|classify|publish)=(\d{1,16})-(\d{1,16})\*(\d{1,3})$/;

export function marksToText(marks: readonly StallMark[]): string {
  return marks.map(({ phase, first, last, ends }) => `${phase}=${first}-${last}*${ends}`).join(';');
}

/** What cannot be read is left out. */
export function marksFromText(text: string | undefined): StallMark[] {
  return (text ?? '').split(';').flatMap((part) => {
    const found = MARK.exec(part);
    if (found === null) return [];
    const [, phase, first, last, ends] = found;
    return [
      { phase: phase as MarkPhase, first: Number(first), last: Number(last), ends: Number(ends) } as const,
    ];
  });
}

/** The mark that says most about a message: its own, or one of several messages. */
export function markOf(marks: readonly StallMark[], offset: number): StallMark | undefined {
  const covering = marks.filter(({ first, last }) => first <= offset && offset <= last);
  return covering.find(isSingle) ?? covering[0];
}

/** Whether the message stood alone in hand when the last of too many processes ended. */
export function isGivenUp(mark: StallMark): boolean {
  return isSingle(mark) && mark.ends >= ENDS_MAX;
}

/** The marks of a partition after one more process has ended with these messages in hand. */
export function marksAfter(
  before: readonly StallMark[],
  { phase, first, last }: Omit<StallMark, 'ends'>,
): StallMark[] {
  const isAlone = first === last;
  const ends = isAlone ? (markOf(before, first)?.ends ?? 0) + 1 : 1;
  const others = before.filter((mark) => mark.first !== first || mark.last !== last);
  return [...others, { phase, first, last, ends }].slice(-MARKS_MAX);
}

function isSingle({ first, last }: StallMark): boolean {
  return first === last;
}
