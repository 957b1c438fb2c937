import { open } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Config } from '../config/schema.ts';
import { compareModels, type ModelComparison, ownTexts } from '../diagnose/model-compare.ts';
import { KubesentimentError } from '../errors.ts';
import {
  type CommonOptions,
  type Done,
  print,
  printable,
  printJson,
  table,
  withExamples,
  withSettings,
} from './common.ts';
import { textsOf } from './predict.ts';
import { loadSettings } from './settings.ts';

export interface TextsOptions {
  readonly texts?: string;
  readonly jsonLines?: boolean;
}

interface CompareOptions extends CommonOptions, TextsOptions {
  readonly showText?: boolean;
  readonly json?: boolean;
}

export function registerCompareCommand(model: Command, done: Done): void {
  const compare = withSettings(model.command('compare'))
    .description(
      'run two models over the same texts: agreement, score differences, speed, which texts differ most',
    )
    .argument('<dir>', 'the model that is in use')
    .argument('<other>', 'the one that may replace it')
    .option('--texts <file>', 'a text on each line; - is standard input (default: 2,048 sentences of ours)')
    .option('--json-lines', 'each line is a JSON string')
    .option('--show-text', 'print the texts that differ most, not only their lines')
    .option('--json', 'print JSON')
    .action(async (dir: string, other: string, options: CompareOptions) =>
      done(await runCompare(dir, other, options)),
    );
  withExamples(
    compare,
    'kubesentiment model compare models/default models/accurate',
    'kubesentiment model compare models/default ./my-model --texts tickets.txt --show-text',
  );
}

async function runCompare(dir: string, other: string, options: CompareOptions): Promise<number> {
  const configOf = (model: string): Config => loadSettings({ ...options, model }, process.env).config;
  const comparison = await compareModels([configOf(dir), configOf(other)], await textsFor(options));
  const shown = options.showText === true ? comparison : withoutTexts(comparison);
  if (options.json) printJson(shown);
  else show(shown);
  return 0;
}

/** KS_USAGE if the file cannot be read. */
export async function textsFor(options: TextsOptions): Promise<AsyncIterable<string[]>> {
  const { texts } = options;
  if (texts === undefined) return ownTexts();
  if (texts === '-') return textsOf(process.stdin, 'standard input', options);
  try {
    const file = await open(texts);
    return textsOf(file.createReadStream({ encoding: 'utf8' }), texts, options);
  } catch (cause) {
    throw new KubesentimentError('KS_USAGE', `The file ${texts} cannot be read.`, { cause });
  }
}

type Shown = Omit<ModelComparison, 'furthest'> & {
  readonly furthest: readonly (Omit<ModelComparison['furthest'][number], 'text'> & {
    readonly text?: string;
  })[];
};

function withoutTexts(comparison: ModelComparison): Shown {
  return { ...comparison, furthest: comparison.furthest.map(({ text: _, ...rest }) => rest) };
}

function show({ models, texts, agreed, distance, changes, furthest }: Shown): void {
  const [first, second] = models;
  const speed = second.textsPerSecond / first.textsPerSecond;
  const rows = models.map(({ name, version, textsPerSecond }, i) => [
    printable(name),
    version,
    `${Math.round(textsPerSecond)}`,
    i === 0 ? '' : `${speed.toFixed(2)} times as fast`,
  ]);
  print(table(['model', 'version', 'texts/s', ''], rows));
  print('');
  print(
    `${texts} texts: the same label for ${agreed} (${share(agreed, texts)}), another one for ${texts - agreed}.`,
  );
  for (const { from, to, texts: count } of changes)
    print(`  ${printable(from)} becomes ${printable(to)}: ${count} (${share(count, texts)})`);
  print(
    distance === undefined
      ? 'The models have no label in common, so their scores cannot be compared.'
      : `The score of the first one's label differs by ${distance.mean.toFixed(4)} on average, ` +
          `${distance.max.toFixed(4)} at most.`,
  );
  if (furthest.length === 0) return;
  print('');
  const differing = furthest.map(({ line, labels, scores, text }) => [
    line,
    ...labels.map((label, i) => `${printable(label)} ${(scores[i] as number).toFixed(4)}`),
    ...(text === undefined ? [] : [printable(text)]),
  ]);
  print(table(['line', 'first', 'second', ...(furthest[0]?.text === undefined ? [] : ['text'])], differing));
}

function share(part: number, whole: number): string {
  return `${((100 * part) / whole).toFixed(1)} %`;
}
