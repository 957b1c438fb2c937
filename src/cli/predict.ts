import { createInterface } from 'node:readline';
import { KubesentimentError } from '../errors.ts';
import { CascadeProcessor } from '../predict/cascade-processor.ts';
import type { Prediction } from '../types.ts';
import { type CommonOptions, paint, printable, terminalJson } from './common.ts';
import { loadSettings } from './settings.ts';

interface PredictOptions extends CommonOptions {
  readonly json?: boolean;
  readonly jsonLines?: boolean;
  readonly explain?: boolean;
}

const LINES_PER_CALL = 1024;
/** Words shown of a text; --json has all of them. */
const WORDS_SHOWN = 10;

/** Classifies the given texts, or standard input line by line, in order. */
export async function runPredict(
  texts: readonly string[],
  options: PredictOptions,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { config } = loadSettings(options, env);
  const processor = await CascadeProcessor.create(config);
  try {
    if (texts.length > 0) await print(processor, texts, options);
    else for await (const lines of standardInput(options)) await print(processor, lines, options);
    return 0;
  } finally {
    await processor.close();
  }
}

async function print(
  processor: CascadeProcessor,
  texts: readonly string[],
  options: PredictOptions,
): Promise<void> {
  const isExplained = options.explain === true;
  const predictions = await (isExplained ? processor.explain(texts) : processor.predict(texts));
  const lines = predictions.flatMap(({ label, score, ...rest }, index) =>
    options.json === true
      ? terminalJson({ label, score, ...rest })
      : [
          `${printable(label)}\t${score.toFixed(4)}\t${printable(texts[index] as string)}`,
          ...strongestWords(rest),
        ],
  );
  process.stdout.write(`${lines.join('\n')}\n`);
}

/** A line for each of the words with the largest weights, the largest first. */
function strongestWords({ explanation }: Pick<Prediction, 'explanation'>): string[] {
  const words = [...(explanation?.words ?? [])];
  words.sort((a, b) => Math.abs(b.weight) - Math.abs(a.weight));
  return words.slice(0, WORDS_SHOWN).map(({ weight, text }) => {
    const amount = Math.abs(weight).toFixed(2);
    const isAgainst = weight < 0 && amount !== '0.00';
    const shown = `${isAgainst ? '-' : '+'}${amount}`.padStart(8);
    return `${paint(isAgainst ? 'magenta' : 'cyan', shown)}\t${printable(text)}`;
  });
}

/** Standard input in chunks of lines. */
export function standardInput(options: { readonly jsonLines?: boolean }): AsyncGenerator<string[]> {
  return textsOf(process.stdin, 'standard input', options);
}

/** `input`, which errors call `name`, in chunks of lines. */
export async function* textsOf(
  input: NodeJS.ReadableStream,
  name: string,
  options: { readonly jsonLines?: boolean },
): AsyncGenerator<string[]> {
  let lines: string[] = [];
  let number = 0;
  for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
    number++;
    lines.push(options.jsonLines === true ? parseLine(line, number, name) : line);
    if (lines.length < LINES_PER_CALL) continue;
    yield lines;
    lines = [];
  }
  if (lines.length > 0) yield lines;
}

function parseLine(line: string, number: number, name: string): string {
  try {
    const value: unknown = JSON.parse(line);
    if (typeof value === 'string') return value;
  } catch {
    // Reported below; the line is user data and must not be quoted.
  }
  throw new KubesentimentError('KS_USAGE', `Line ${number} of ${name} is not a JSON string.`);
}
