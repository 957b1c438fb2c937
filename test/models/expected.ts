/** What the graphs of graphs.ts give for a text, computed here once more and by other means. */
import { weights } from './graphs.ts';
import type { Word } from './tokenizer.ts';

/** Texts of different lengths, so that rows of one batch have padding. */
export const texts = [
  'good',
  'bad bad bad bad bad bad',
  'good bad',
  'dull fine good bad good',
  'fine',
  'dull dull dull',
  'bad good good good good good good fine',
  'good fine',
] as const;

export type Scoring = (logits: readonly number[]) => readonly number[];

/** The sum of what the words of a text add. */
export function logitsOf(text: string, columns = 2): number[] {
  const rows = text.split(' ').map((word) => weights[word as Word]);
  return Array.from({ length: columns }, (_, i) => rows.reduce((sum, row) => sum + (row[i] ?? 0), 0));
}

/** What the last word of a text adds. */
export function lastLogitsOf(text: string): number[] {
  return [...weights[text.split(' ').at(-1) as Word]];
}

export const softmax: Scoring = (logits) => {
  const powers = logits.map(Math.exp);
  return powers.map((power) => power / powers.reduce((sum, each) => sum + each, 0));
};
export const sigmoid: Scoring = (logits) => logits.map((logit) => 1 / (1 + Math.exp(-logit)));
export const values: Scoring = (logits) => logits;
