import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface GroupedText {
  readonly text: string;
  readonly label: string;
}

const groups = {
  POSITIVE:
    'admiration amusement approval caring desire excitement gratitude joy love optimism pride relief'.split(
      ' ',
    ),
  NEGATIVE:
    'anger annoyance disappointment disapproval disgust embarrassment fear grief nervousness remorse sadness'.split(
      ' ',
    ),
  NEUTRAL: ['neutral'],
};

/**
 * The development set of GoEmotions in the grouping of its authors. Texts with an ambiguous emotion, or with a positive
 * and a negative one, are left out; NEUTRAL is a text with that label alone.
 */
export function readGoEmotions(folder: string): GroupedText[] {
  const names = readFileSync(join(folder, 'labels.txt'), 'utf8').trim().split('\n');
  const lines = readFileSync(join(folder, 'dev.tsv'), 'utf8').trimEnd().split('\n');
  return lines.flatMap((line) => {
    const [text = '', numbers = ''] = line.split('\t');
    const found = new Set(numbers.split(',').map((number) => groupOf(names[Number(number)])));
    if (found.size > 1) found.delete('NEUTRAL');
    const [label] = found;
    return found.size === 1 && label !== undefined ? [{ text, label }] : [];
  });
}

function groupOf(name: string | undefined): string | undefined {
  return Object.entries(groups).find(([, names]) => names.includes(name ?? ''))?.[0];
}

/** Mean over the labels of the harmonic mean of precision and recall, in per cent. */
export function macroF1(pairs: readonly { readonly said: string; readonly label: string }[]): number {
  const labels = [...new Set(pairs.map(({ label }) => label))];
  const scores = labels.map((each) => {
    const both = pairs.filter(({ said, label }) => said === each && label === each).length;
    const either = pairs.filter(({ said }) => said === each).length;
    return (2 * both) / (either + pairs.filter(({ label }) => label === each).length);
  });
  return (100 * scores.reduce((sum, score) => sum + score, 0)) / labels.length;
}
