import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubesentimentError } from '../../src/errors.ts';

/** What a model card claims, as far as it can be checked. */
export interface CardFigures {
  /** Per cent of the 872 sentences of the SST-2 development set; of those it does not call neutral. */
  readonly accuracy: number;
  /** Macro-F1 of three labels on the development set of GoEmotions, in per cent. */
  readonly goEmotions: number | undefined;
  /** Speed as a multiple of `models/accurate`; undefined when the card does not say. */
  readonly speedup: number | undefined;
}

/**
 * Reads the first figure of the row whose first cell has `SST-2` and `872`, of the row with
 * `GoEmotions` and `macro-F1`, and of the row whose first cell begins with `speed`.
 */
export function readCard(directory: string): CardFigures {
  const rows = readFileSync(join(directory, 'README.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const figureOf = (...words: string[]): number | undefined =>
    figure(rows.find(([, name = '']) => words.every((word) => name.includes(word))));
  const accuracy = figureOf('SST-2', '872');
  if (accuracy === undefined) {
    throw new KubesentimentError('KS_MODEL_INVALID', 'The model card has no row for SST-2 (872).', {
      remedy: 'Add a table row such as "| GLUE SST-2 development set (872) | 90.1 % |".',
    });
  }
  const goEmotions = figureOf('GoEmotions', 'macro-F1');
  return { accuracy, goEmotions, speedup: figure(rows.find(([, name = '']) => /^speed/i.test(name))) };
}

function figure(row: readonly string[] | undefined): number | undefined {
  const found = /\d+(\.\d+)?/.exec(row?.[2] ?? '');
  return found === null ? undefined : Number(found[0]);
}
