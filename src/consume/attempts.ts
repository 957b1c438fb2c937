import type { SlotTable } from '../slots.ts';
import type { PutOff } from '../types.ts';

/** Attempts are counted in a byte, and as many as `max_retries` allows can follow. */
const ATTEMPTS_BEFORE_MAX = 150;

/** The message has been tried before it was put off: its attempts go on from there. */
export function countOn(table: SlotTable, slot: number, { attempts }: PutOff): void {
  const before = Math.min(attempts, ATTEMPTS_BEFORE_MAX);
  table.attemptsBefore[slot] = before;
  table.attempts[slot] = before + 1;
}
