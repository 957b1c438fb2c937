/**
 * What `model.long_text: windows` is worth on long texts, and what it costs:
 * `npm run bench:long-texts -- [DIR] [--data DIR] [--texts N] [--seed N] [--json FILE]`.
 *
 * Film reviews of the IMDB test set, the same ones for every row: accuracy through the product's own path, and
 * processor time of the whole process, which says more than the clock on a machine that does other things too.
 */
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config/load.ts';
import { Random } from '../src/corpus/random.ts';
import { KubesentimentError } from '../src/errors.ts';
import { readConfiguredModel } from '../src/predict/model-parts.ts';
import { StreamProcessor } from '../src/predict/stream-processor.ts';
import type { Prediction } from '../src/types.ts';
import { root } from '../test/helpers/paths.ts';
import { report, runTool, say } from './lib/report.ts';
import { rounded } from './lib/statistics.ts';

type Settings = Readonly<Record<string, string | number>>;

interface Review {
  readonly text: string;
  readonly label: 'NEGATIVE' | 'POSITIVE';
}

interface Measured {
  readonly isRight: readonly boolean[];
  readonly predictions: readonly Prediction[];
  readonly cpuMs: number;
  readonly maxLength: number;
}

const FILE_BYTES_MAX = 1 << 28;
const WARM_UP_TEXTS = 200;
const TEXTS_PER_CALL = 256;
const CUT_AT = 128;
const windows = { 'model.long_text': 'windows' };
const cut = { 'model.max_length': CUT_AT };
/** The first one is what the others are compared with. */
const rows: Readonly<Record<string, Settings>> = {
  truncate_128: cut,
  truncate_128_left: { ...cut, 'model.truncate_side': 'left' },
  truncate_limit: {},
  windows_128: { ...cut, ...windows },
  windows_128_overlap_0: { ...cut, ...windows, 'model.window_overlap': 0 },
  windows_128_overlap_64: { ...cut, ...windows, 'model.window_overlap': 64 },
};

await runTool(async (argv) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      data: { type: 'string' },
      texts: { type: 'string', default: '2000' },
      seed: { type: 'string', default: '1' },
      json: { type: 'string' },
    },
  });
  const directory = positionals[0] ?? 'models/default';
  const data = values.data ?? join(root, '../shared/data/imdb');
  const reviews = sample(data, Number(values.texts), new Random(Number(values.seed)));
  const figures: Record<string, number> = { texts: reviews.length };
  let first: Measured | undefined;
  for (const [name, settings] of Object.entries(rows)) {
    say(`Classifying ${reviews.length} reviews: ${name}.`);
    const measured = await measure(directory, settings, reviews);
    first ??= measured;
    for (const [figure, value] of Object.entries(figuresOf(measured, first)))
      figures[`${name}_${figure}`] = value;
  }
  report('bench:long-texts', argv, values.json, figures, { model: directory, settings: rows });
  return true;
});

/** As many of each label, in an order that only the seed decides. */
function sample(folder: string, count: number, random: Random): Review[] {
  const each = (name: string, label: Review['label']) =>
    shuffled(readLines(join(folder, `${name}.txt.zst`)), random)
      .slice(0, Math.ceil(count / 2))
      .map((text) => ({ text, label }));
  return shuffled([...each('test_neg', 'NEGATIVE'), ...each('test_pos', 'POSITIVE')], random);
}

function readLines(path: string): string[] {
  if (!existsSync(path)) {
    throw new KubesentimentError('KS_USAGE', 'The files test_neg.txt.zst and test_pos.txt.zst are missing.', {
      remedy: 'Name the folder with the IMDB reviews, one a line: --data DIR. The command zstd reads them.',
    });
  }
  const options = { encoding: 'utf8', maxBuffer: FILE_BYTES_MAX } as const;
  return execFileSync('zstd', ['-dc', path], options).trimEnd().split('\n');
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = random.between(0, i);
    [all[i], all[j]] = [all[j] as T, all[i] as T];
  }
  return all;
}

async function measure(directory: string, settings: Settings, reviews: readonly Review[]): Promise<Measured> {
  const { config } = loadConfig({ overrides: { 'model.path': directory, ...settings } });
  const processor = new StreamProcessor(config, readConfiguredModel(config));
  try {
    const texts = reviews.map(({ text }) => text);
    await processor.predict(texts.slice(0, WARM_UP_TEXTS));
    const before = process.cpuUsage();
    const predictions: Prediction[] = [];
    for (let at = 0; at < texts.length; at += TEXTS_PER_CALL)
      predictions.push(...(await processor.predict(texts.slice(at, at + TEXTS_PER_CALL))));
    const { user, system } = process.cpuUsage(before);
    return {
      isRight: predictions.map(({ label }, i) => label === reviews[i]?.label),
      predictions,
      cpuMs: (user + system) / 1_000,
      maxLength: processor.model.maxLength,
    };
  } finally {
    await processor.close();
  }
}

function figuresOf(measured: Measured, first: Measured): Record<string, number> {
  const { isRight, predictions, cpuMs, maxLength } = measured;
  const count = isRight.length;
  const windowCount = predictions.reduce((sum, prediction) => sum + (prediction.windows ?? 1), 0);
  return {
    max_length: maxLength,
    accuracy: rounded((100 * isRight.filter(Boolean).length) / count, 2),
    // Of the texts on which the two differ: what the difference in accuracy rests on.
    gained: isRight.filter((right, i) => right && first.isRight[i] === false).length,
    lost: isRight.filter((right, i) => !right && first.isRight[i] === true).length,
    cpu_ms_per_text: rounded(cpuMs / count, 3),
    cpu_to_first: rounded(cpuMs / first.cpuMs, 2),
    texts_per_cpu_second: rounded((1_000 * count) / cpuMs, 0),
    truncated: predictions.filter(({ truncated }) => truncated).length,
    windows_per_text: rounded(windowCount / count, 2),
  };
}
