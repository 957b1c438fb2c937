/** The table in README, "Break it on purpose": what breaks, what says so, what mends it. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './paths.ts';

export interface WalkRow {
  readonly name: string;
  /** The commands of each column, as they stand there. */
  readonly breaks: readonly string[];
  readonly says: readonly string[];
  readonly mends: readonly string[];
}

export function readWalk(): WalkRow[] {
  const readme = readFileSync(join(root, 'README.md'), 'utf8');
  const section = /^## Break it on purpose$(.*?)^## /ms.exec(readme)?.[1] ?? '';
  const rows = section.split('\n').filter((line) => line.startsWith('| **'));
  return rows.map((line) => {
    const [, first = '', says = '', mends = ''] = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
    const name = /^\*\*(.+?)\*\*/.exec(first)?.[1] ?? '';
    return { name, breaks: commandsIn(first), says: commandsIn(says), mends: commandsIn(mends) };
  });
}

function commandsIn(cell: string): string[] {
  return [...cell.matchAll(/`([^`]*npx kubesentiment[^`]*)`/g)].map(([, command = '']) =>
    command.replaceAll('\\|', '|'),
  );
}
