import { type Command, InvalidArgumentError } from 'commander';
import { KubesentimentError } from '../errors.ts';
import { agreement, batch, done as doneTo } from '../diagnose/model-card.ts';
import { importModel, type ModelImport, sourceSettings } from '../diagnose/model-import.ts';
import {
  type CommonOptions,
  type Done,
  print,
  printable,
  printJson,
  wholeNumber,
  withExamples,
  withSettings,
} from './common.ts';
import { type TextsOptions, textsFor } from './model-compare.ts';
import { loadSettings } from './settings.ts';

interface ImportOptions extends CommonOptions, TextsOptions {
  readonly labels?: string;
  readonly quantize?: boolean;
  /** False with --keep-graph. */
  readonly keepGraph?: boolean;
  readonly python?: string;
  readonly agreement?: number;
  readonly seconds: number;
  readonly json?: boolean;
}

/** More sample texts than this add nothing but time. */
const TEXTS_MAX = 10_000;
/** Of a model that is quantized, a few texts near the border between two labels change sides. */
const agreementMin = { plain: 0.98, quantized: 0.95 } as const;

export function registerImportCommand(model: Command, done: Done): void {
  const command = withSettings(model.command('import'))
    .description(
      'make a directory that is ready to serve: one graph with fast operators, labels, tokenizer, and a card with ' +
        'its speed and how far it agrees with the original. Rewrites the graph with Python',
    )
    .argument('<source>', 'Hugging Face directory, or one ONNX file of it')
    .argument('<out>', 'the new directory')
    .option('--labels <names>', 'names of the outputs, in their order, with commas between')
    .option(
      '--quantize',
      'to int8 with constant scales, measured on --texts; scores do not depend on the batch',
    )
    .option('--texts <file>', 'texts like those that will come, one on each line; - is standard input')
    .option('--json-lines', 'each line of that file is a JSON string')
    .option('--keep-graph', 'leave the graph as it is; needs no Python')
    .option('--python <program>', 'with onnx, onnxruntime, numpy and sympy (default: $PYTHON, else python3)')
    .option(
      '--agreement <percent>',
      'texts of 100 that must keep their label (default: 98, with --quantize 95)',
      percentage,
    )
    .option('--seconds <n>', 'how long to measure its speed', wholeNumber, 2)
    .option('--json', 'print JSON')
    .action(async (source: string, out: string, options: ImportOptions) =>
      done(await runImport(source, out, options, process.env)),
    );
  withExamples(
    command,
    'kubesentiment model import ./downloaded models/tickets',
    'kubesentiment model import ./downloaded models/tickets --quantize --texts tickets.txt',
    'kubesentiment model import ./downloaded/onnx/model_fp16.onnx models/tickets --labels negative,neutral,positive',
  );
}

async function runImport(
  source: string,
  out: string,
  options: ImportOptions,
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const { path, file } = sourceSettings(source);
  const set = {
    ...options.set,
    ...(file !== undefined && { 'model.file': file }),
    ...(options.labels !== undefined && { 'model.labels': options.labels }),
  };
  const { quantize = false, keepGraph = false } = options;
  checkOptions(options);
  const { config } = loadSettings({ ...options, set, model: path }, env);
  const imported = await importModel(config, out, {
    python: keepGraph ? undefined : (options.python ?? (env['PYTHON'] || 'python3')),
    quantize,
    texts: options.texts === undefined ? undefined : await readTexts(options),
    agreementMin: options.agreement ?? (quantize ? agreementMin.quantized : agreementMin.plain),
    speedMs: options.seconds * 1_000,
  });
  if (options.json) printJson(imported);
  else show(imported);
  return 0;
}

function checkOptions({ quantize, keepGraph, texts }: ImportOptions): void {
  if (quantize !== true) return;
  if (keepGraph === true)
    throw new KubesentimentError('KS_USAGE', 'With --keep-graph nothing is quantized: give one of the two.');
  if (texts !== undefined) return;
  throw new KubesentimentError('KS_USAGE', '--quantize measures the scales on texts, and there are none.', {
    remedy: 'Add --texts FILE with a few hundred texts like those that will come.',
  });
}

async function readTexts(options: TextsOptions): Promise<string[]> {
  const texts: string[] = [];
  for await (const lines of await textsFor(options)) {
    texts.push(...lines.filter((line) => line.trim() !== ''));
    if (texts.length >= TEXTS_MAX) break;
  }
  return texts.slice(0, TEXTS_MAX);
}

function percentage(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !(value >= 0 && value <= 100))
    throw new InvalidArgumentError('Must be a number from 0 to 100.');
  return value / 100;
}

function show(imported: ModelImport): void {
  const { directory, files, report, graph } = imported;
  const { labels, version, speed, notes } = report;
  print(`${printable(directory)}, version ${version}: ${files.map(printable).join(', ')}`);
  print(`  labels    ${labels.map(printable).join(', ')}`);
  for (const line of graph === undefined ? [] : doneTo(graph)) print(`  graph     ${printable(line)}`);
  print(
    `  speed     ${Math.round(speed.textsPerSecond)} texts/s, ${speed.threads} threads; ` +
      `${imported.timesAsFast.toFixed(2)} times as fast as the original by processor time`,
  );
  print(`  original  ${agreement(imported)}`);
  print(`  batch     alone or beside others, ${batch(imported)}`);
  for (const note of notes) print(`  note      ${printable(note)}`);
}
