import { type Command, InvalidArgumentError } from 'commander';
import type { Config } from '../config/schema.ts';
import { type CascadeReport, measureCascade, type TimedPoint } from '../diagnose/model-cascade.ts';
import type { Estimate } from '../diagnose/paired-interval.ts';
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
import { textsFor } from './model-compare.ts';
import { loadSettings } from './settings.ts';

interface CascadeOptions extends CommonOptions {
  readonly texts: string;
  readonly jsonLines?: boolean;
  readonly labels?: string;
  readonly loss: number;
  readonly below?: number;
  readonly json?: boolean;
}

/** Rows of the table: beside the proposal, points at about these shares asked again. */
const sharesShown = [0, 0.02, 0.05, 0.1, 0.15, 0.2, 0.3, 0.4, 0.6, 0.8, 1];

export function registerCascadeCommand(model: Command, done: Done): void {
  const command = withSettings(model.command('cascade'))
    .description(
      'measure what is gained if a fast model answers, and a better one only the texts whose score is below a ' +
        'threshold: share asked again, accuracy, speed, and the threshold that loses little enough',
    )
    .argument('<dir>', 'the fast model, asked first')
    .argument('<second>', 'the better model, with the same labels')
    .requiredOption(
      '--texts <file>',
      'a text on each line, or a label, a tab and a text; - is standard input. Labels are recognized by the first line',
    )
    .option('--json-lines', 'each line is a JSON string')
    .option(
      '--labels <names>',
      'what the file calls the labels, in the order of the first model, with commas between; then every line needs one',
    )
    .option(
      '--loss <points>',
      'percentage points of accuracy that the cascade may lose against the second model alone, with 95 % ' +
        'confidence; without labels, texts of 100 with another label than that model gives',
      percentage,
      0.2,
    )
    .option('--below <score>', 'judge this threshold on the texts, and propose none', score)
    .option('--json', 'print JSON')
    .action(async (dir: string, second: string, options: CascadeOptions) =>
      done(await runCascade(dir, second, options)),
    );
  withExamples(
    command,
    'kubesentiment model cascade models/default models/accurate --texts tickets.txt',
    'kubesentiment model cascade models/default models/accurate --texts reviews.tsv --labels 0,1 --loss 0.5',
    'kubesentiment model cascade models/default models/accurate --texts others.tsv --labels 0,1 --below 0.93',
  );
}

function percentage(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value > 0 && value <= 100))
    throw new InvalidArgumentError('Must be a number greater than 0, 100 at most.');
  return value;
}

function score(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 1))
    throw new InvalidArgumentError('Must be a number from 0 to 1.');
  return value;
}

async function runCascade(dir: string, second: string, options: CascadeOptions): Promise<number> {
  const configOf = (model: string): Config => loadSettings({ ...options, model }, process.env).config;
  const report = await measureCascade([configOf(dir), configOf(second)], await textsFor(options), {
    names: options.labels?.split(',').map((name) => name.trim()),
    lossMax: options.loss / 100,
    below: options.below,
  });
  if (options.json) printJson(report);
  else show(report);
  return 0;
}

function show(report: CascadeReport): void {
  const { models, texts, isLabelled, judged } = report;
  const accuracy = isLabelled ? ['accuracy'] : [];
  const rows = models.map(({ name, version, textsPerSecond, accuracy: right }) => [
    printable(name),
    version,
    ...(right === undefined ? [] : [`${percent(right.value)} (${range(right)})`]),
    Math.round(textsPerSecond),
  ]);
  print(table(['model', 'version', ...accuracy, 'texts/s'], rows));
  print('');
  const lost = isLabelled ? 'points lost' : 'other labels, %';
  print(
    table(
      ['below', 'asked again', ...accuracy, lost, '95 %', 'texts/s', 'times the second'],
      (judged === undefined ? shownOf(report) : [judged]).map(rowOf),
    ),
  );
  print('');
  print(judged === undefined ? proposal(report) : `Measured with ${texts} texts.`);
}

/** Some points of the curve, and the one that is proposed. */
function shownOf({ curve, proposed }: CascadeReport): TimedPoint[] {
  const nearest = sharesShown.map((share) =>
    curve.reduce((best, point) =>
      Math.abs(point.share - share) < Math.abs(best.share - share) ? point : best,
    ),
  );
  const shown = new Set([...nearest.map(({ below }) => below), proposed?.below]);
  return curve.filter(({ below }) => shown.has(below));
}

function rowOf(point: TimedPoint): string[] {
  const { below, share, accuracy, loss, textsPerSecond, timesSecond } = point;
  return [
    below.toFixed(4),
    percent(share),
    ...(accuracy === undefined ? [] : [percent(accuracy)]),
    (100 * loss.value).toFixed(2),
    range(loss),
    `${Math.round(textsPerSecond)}`,
    timesSecond.toFixed(1),
  ];
}

function proposal({ proposed, texts, lossMax, isLabelled, curve }: CascadeReport): string {
  const lost = isLabelled ? 'points lost' : '% with another label than that of the second model';
  const allowed = `${(100 * lossMax).toFixed(2)} ${lost}`;
  if (proposed === undefined) {
    const least = Math.max(...curve.slice(-1).map(({ loss }) => loss.high));
    return (
      `No threshold is proposed: ${texts} texts are too few to promise at most ${allowed} with 95 % confidence. ` +
      `The least they can promise is ${(100 * least).toFixed(2)}.`
    );
  }
  const { below, share, loss, timesSecond } = proposed;
  const speed = `${timesSecond.toFixed(1)} times as fast as the second model`;
  return (
    `Proposed: below ${below.toFixed(4)}. Asks ${percent(share)} again and is ${speed}; ` +
    `${(100 * loss.value).toFixed(2)} (95 %: ${range(loss)}) ${lost}, allowed ${(100 * lossMax).toFixed(2)}.`
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function range({ low, high }: Estimate): string {
  return `${(100 * low).toFixed(2)} to ${(100 * high).toFixed(2)}`;
}
