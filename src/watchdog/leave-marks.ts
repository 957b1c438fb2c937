/** A program: remembers what a process that stands still has in hand. Reads `MarksToLeave` from standard input. */
import { readFileSync } from 'node:fs';
import { describeError } from '../errors.ts';
import { MarkStore } from '../kafka/mark-store.ts';
import type { MarksToLeave } from './worker.ts';

const STDIN = 0;

try {
  const { group, properties, partitions } = JSON.parse(readFileSync(STDIN, 'utf8')) as MarksToLeave;
  const store = new MarkStore({ group, properties });
  await store.write(partitions);
  process.exit(0); // closing the client could take longer than its owner may wait
} catch (error) {
  process.stderr.write(`${describeError(error)}\n`);
  process.exit(1);
}
