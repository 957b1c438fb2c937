import { tokensOf } from './rig.ts';

/** One token of the vocabulary: the model fails on batches that have it, where a test says so. */
const POISON = tokensOf('poison')[1] as number;

export function isPoisoned(rows: readonly (readonly number[])[]): boolean {
  return rows.some((row) => row.includes(POISON));
}
