import { createInterface } from 'node:readline/promises';
import { KubesentimentError } from '../errors.ts';

export interface Question {
  /** What is about to happen, as a sentence, and as the beginning of one about what would. */
  readonly will: string;
  readonly would: string;
  /** What a person has to type. */
  readonly name: string;
  /** What else a script can do without a terminal. */
  readonly otherwise?: string;
}

/** For what cannot be undone: a person types a name, a script passes --yes. KS_USAGE where there is neither. */
export async function confirm({ will, would, name, otherwise = '' }: Question): Promise<boolean> {
  if (process.stdin.isTTY !== true) {
    throw new KubesentimentError('KS_USAGE', `${would}, and there is no terminal to confirm it on.`, {
      remedy: `Pass --yes${otherwise}.`,
    });
  }
  const prompt = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return (await prompt.question(`${will} Type ${name} to confirm: `)).trim() === name;
  } finally {
    prompt.close();
  }
}
