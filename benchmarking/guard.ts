/**
 * Whether something became slower: instructions of the native core for each message, counted by callgrind, which
 * come out the same on a busy machine. Compared with the kept figures in guard/kept.json; a loss of more than 10 %
 * fails. `--keep` writes the figures found as the kept ones. Reports named with `--report` are compared by their
 * ratios, which say the same on every machine.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { Random } from '../src/corpus/random.ts';
import { createRequest } from '../src/corpus/request.ts';
import { KubesentimentError } from '../src/errors.ts';
import { root } from '../test/helpers/paths.ts';
import { report, runTool, say } from './lib/report.ts';
import { benchmarkTexts } from './lib/topics.ts';

const LOSS_MAX = 0.1;
const MESSAGES = 500;
const FEW = 1;
const MANY = 3;
const TIMESTAMP = 1_790_000_000_000;
const keptPath = join(root, 'benchmarking/guard/kept.json');

/** Ratios of other reports, by the name of the figure: higher is better. */
const ratios = ['efficiency', 'throughput_ratio', 'sleep_2_linear', 'sleep_4_linear'];

type Figures = Record<string, number>;

await runTool(async (argv) => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: 'string' },
      keep: { type: 'boolean', default: false },
      report: { type: 'string', multiple: true, default: [] },
    },
  });
  const missing = ['valgrind', 'c++'].filter((tool) => spawnSync(tool, ['--version']).status !== 0);
  if (missing.length > 0) {
    process.stdout.write(`skipped: ${missing.join(', ')} not installed\n`);
    return true;
  }
  const found: Figures = { ...countInstructions(), ...ratiosOf(values.report) };
  report('bench:guard', argv, values.json, found, {});
  const kept = values.keep ? {} : (JSON.parse(readFileSync(keptPath, 'utf8')) as Figures);
  if (values.keep) writeFileSync(keptPath, `${JSON.stringify(found, undefined, 2)}\n`);
  const losses = Object.entries(found).flatMap(([name, value]) => lossOf(name, value, kept[name]));
  for (const loss of losses) say(loss);
  return losses.length === 0;
});

function lossOf(name: string, value: number, kept: number | undefined): string[] {
  if (kept === undefined) return [];
  const isRatio = ratios.includes(name);
  const loss = isRatio ? 1 - value / kept : value / kept - 1;
  if (!(loss > LOSS_MAX)) return [];
  const direction = isRatio ? 'less' : 'more';
  return [`${name}: ${value}, ${(100 * loss).toFixed(1)} % ${direction} than the kept ${kept}.`];
}

function countInstructions(): Figures {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-guard-'));
  try {
    const requests = join(folder, 'requests.jsonl');
    const random = new Random(1);
    const lines = benchmarkTexts(MESSAGES).map((text, i) => createRequest(i, text, random, TIMESTAMP));
    writeFileSync(requests, `${lines.join('\n')}\n`);
    const program = compile();
    const instructions = (what: string): number => {
      const [few, many] = [FEW, MANY].map((repetitions) =>
        count(program, folder, what, requests, repetitions),
      );
      return Math.round(((many as number) - (few as number)) / ((MANY - FEW) * MESSAGES));
    };
    return {
      decode_instructions_per_message: instructions('decode'),
      encode_instructions_per_message: instructions('encode'),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** With the addon's own flags, so that the figures are those of the addon. */
function compile(): string {
  const folder = join(root, '.cache/guard');
  mkdirSync(folder, { recursive: true });
  const program = join(folder, 'core');
  const native = join(root, 'native');
  const sources = readdirSync(native)
    .filter((name) => name.endsWith('.cc'))
    .map((name) => join(native, name));
  const flags = ['-std=c++17', '-O3', '-fno-exceptions', '-fno-rtti', `-I${native}`];
  run('c++', [...flags, join(root, 'benchmarking/guard/core.cc'), ...sources, '-o', program]);
  return program;
}

function count(program: string, folder: string, what: string, requests: string, repetitions: number): number {
  const tokenizer = join(root, 'models/default/tokenizer.json');
  const text = run('valgrind', [
    '--tool=callgrind',
    `--callgrind-out-file=${join(folder, 'callgrind.out')}`,
    ...[program, what, tokenizer, requests, String(repetitions)],
  ]);
  const found = /Collected\s*:\s*(\d+)/.exec(text)?.[1];
  if (found === undefined) throw new KubesentimentError('KS_STATE', `callgrind counted nothing:\n${text}`);
  return Number(found);
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  if (status === 0) return stdout + stderr;
  throw new KubesentimentError('KS_STATE', `${program} failed:\n${error?.message ?? stderr}`);
}

function ratiosOf(files: readonly string[]): Figures {
  const found: Figures = {};
  for (const file of files) {
    const values = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>;
    for (const name of ratios) if (typeof values[name] === 'number') found[name] = values[name];
  }
  return found;
}
