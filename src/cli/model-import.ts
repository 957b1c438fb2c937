import type { Command } from 'commander';
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
import { loadSettings } from './settings.ts';

interface ImportOptions extends CommonOptions {
  readonly labels?: string;
  readonly seconds: number;
  readonly json?: boolean;
}

export function registerImportCommand(model: Command, done: Done): void {
  const command = withSettings(model.command('import'))
    .description(
      'make a directory that is ready to serve: one graph, labels, tokenizer, and a card with its speed',
    )
    .argument('<source>', 'Hugging Face directory, or one ONNX file of it')
    .argument('<out>', 'the new directory')
    .option('--labels <names>', 'names of the outputs, in their order, with commas between')
    .option('--seconds <n>', 'how long to measure its speed', wholeNumber, 2)
    .option('--json', 'print JSON')
    .action(async (source: string, out: string, options: ImportOptions) =>
      done(await runImport(source, out, options)),
    );
  withExamples(
    command,
    'kubesentiment model import ./downloaded models/tickets',
    'kubesentiment model import ./downloaded/onnx/model_fp16.onnx models/tickets --labels negative,neutral,positive',
  );
}

async function runImport(source: string, out: string, options: ImportOptions): Promise<number> {
  const { path, file } = sourceSettings(source);
  const set = {
    ...options.set,
    ...(file !== undefined && { 'model.file': file }),
    ...(options.labels !== undefined && { 'model.labels': options.labels }),
  };
  const { config } = loadSettings({ ...options, set, model: path }, process.env);
  const imported = await importModel(config, out, options.seconds * 1_000);
  if (options.json) printJson(imported);
  else show(imported);
  return 0;
}

function show({ directory, files, report, comparison }: ModelImport): void {
  const { labels, version, speed, notes } = report;
  print(`${printable(directory)}, version ${version}: ${files.map(printable).join(', ')}`);
  print(`  labels  ${labels.map(printable).join(', ')}`);
  print(`  speed   ${Math.round(speed.textsPerSecond)} texts/s, ${speed.threads} threads`);
  const { agreed, texts, distance } = comparison;
  print(
    `  like the original: the same label for ${agreed} of ${texts} sentences, scores differ by ` +
      `${(distance?.max ?? 0).toFixed(4)} at most`,
  );
  for (const note of notes) print(`  note    ${printable(note)}`);
}
