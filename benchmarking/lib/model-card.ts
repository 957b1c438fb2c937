import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { KubesentimentError } from '../../src/errors.ts';

/** What a model card claims, as far as it can be checked. */
export interface CardFigures {
  /** Per cent of the 872 sentences of the SST-2 development set. */
  readonly accuracy: number;
  /** Speed as a multiple of `models/accurate`; undefined when the card does not say. */
  readonly speedup: number | undefined;
}

/**
 * Reads the first figure of the row whose first cell has `SST-2` and `872`, and of the row whose first
 * cell begins with `speed`.
 */
export function readCard(directory: string): CardFigures {
  const rows = readFileSync(join(directory, 'README.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('|'))
    .map((line) => line.split('|').map((cell) => cell.trim()));
  const accuracy = figure(rows.find(([, name = '']) => name.includes('SST-2') && name.includes('872')));
  if (accuracy === undefined) {
    throw new KubesentimentError('KS_MODEL_INVALID', 'The model card has no row for SST-2 (872).', {
      remedy: 'Add a table row such as "| GLUE SST-2 development set (872) | 90.1 % |".',
    });
  }
  return { accuracy, speedup: figure(rows.find(([, name = '']) => /^speed/i.test(name))) };
}

function figure(row: readonly string[] | undefined): number | undefined {
  const found = /\d+(\.\d+)?/.exec(row?.[2] ?? '');
  return found === null ? undefined : Number(found[0]);
}
