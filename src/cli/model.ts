import type { Command } from 'commander';
import { checkModel, createTokenizer, type ModelReport } from '../diagnose/model-check.ts';
import {
  type CommonOptions,
  type Done,
  print,
  printable,
  printJson,
  table,
  wholeNumber,
  withExamples,
  withSettings,
} from './common.ts';
import { registerBaselineCommand } from './model-baseline.ts';
import { registerCanaryCommand } from './model-canary.ts';
import { registerCascadeCommand } from './model-cascade.ts';
import { registerCompareCommand } from './model-compare.ts';
import { registerImportCommand } from './model-import.ts';
import { registerReloadCommand } from './model-reload.ts';
import { standardInput } from './predict.ts';
import { loadSettings } from './settings.ts';

interface CheckOptions extends CommonOptions {
  readonly seconds: number;
  readonly json?: boolean;
}

interface TokenizeOptions extends CommonOptions {
  readonly jsonLines?: boolean;
}

export function registerModelCommand(program: Command, done: Done): void {
  const model = program.command('model').description('inspect, compare, import and reload model directories');
  const check = withSettings(model.command('check'))
    .description('load a model, describe it, classify samples and measure its speed on this machine')
    .argument('<dir>', 'Hugging Face directory with config.json, tokenizer.json and an ONNX file')
    .option('--seconds <n>', 'how long to measure', wholeNumber, 2)
    .option('--json', 'print JSON')
    .action(async (dir: string, options: CheckOptions) => done(await runCheck(dir, options)));
  withExamples(
    check,
    'kubesentiment model check models/default',
    'kubesentiment model check ./my-model --json',
  );
  registerCompareCommand(model, done);
  registerCascadeCommand(model, done);
  registerImportCommand(model, done);
  registerReloadCommand(model, done);
  registerCanaryCommand(model, done);
  registerBaselineCommand(model, done);
  const tokenize = withSettings(model.command('tokenize'))
    .description('print the token ids of each line of standard input as a JSON array, with special tokens')
    .argument('<dir>', 'model directory')
    .option('--json-lines', 'each line of standard input is a JSON string')
    .action(async (dir: string, options: TokenizeOptions) => done(await runTokenize(dir, options)));
  withExamples(tokenize, 'echo "What a day" | kubesentiment model tokenize models/default');
}

async function runCheck(dir: string, options: CheckOptions): Promise<number> {
  const { config } = loadSettings({ ...options, model: dir }, process.env);
  const report = await checkModel(config, options.seconds * 1_000);
  if (options.json) printJson(report);
  else show(report);
  return 0;
}

function show(report: ModelReport): void {
  const off = report.optimizersOff.length > 0 ? `, without ${report.optimizersOff.join(', ')}` : '';
  const { name, version, onnxFile, onnxBytes, labels, maxLength, lengthLimit, notes, samples, speed } =
    report;
  print(`${name}, version ${version}`);
  print(`  ONNX file   ${onnxFile} (${(onnxBytes / 1e6).toFixed(1)} MB)`);
  print(`  labels      ${labels.map(printable).join(', ')}`);
  const limit = lengthLimit === undefined ? 'the model names no limit' : `the model can read ${lengthLimit}`;
  print(
    `  max length  ${maxLength} tokens (${limit}); one text of that length takes ${Math.ceil(speed.longestMs)} ms`,
  );
  print(`  runs on     ${report.provider}${off}`);
  print(
    `  speed       ${Math.round(speed.textsPerSecond)} texts/s of ${speed.tokensPerText.toFixed(1)} tokens, ` +
      `${speed.threads} threads, measured for ${speed.seconds.toFixed(1)} s`,
  );
  for (const note of notes) print(`  note        ${printable(note)}`);
  const rows = samples.map(({ label, score, tokens, text }) => [
    printable(label),
    score.toFixed(4),
    tokens,
    text,
  ]);
  print(table(['label', 'score', 'tokens', 'sample'], rows));
}

async function runTokenize(dir: string, options: TokenizeOptions): Promise<number> {
  const { config } = loadSettings({ ...options, model: dir }, process.env);
  const tokenizer = createTokenizer(config);
  try {
    for await (const lines of standardInput(options)) {
      for (const ids of tokenizer.tokenize(lines)) print(JSON.stringify(ids));
    }
    return 0;
  } finally {
    await tokenizer.close();
  }
}
