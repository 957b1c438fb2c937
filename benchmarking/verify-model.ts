/**
 * Whether a model does what its card says: `npm run verify:model -- [DIR] [--data DIR] [--json FILE]`.
 *
 * Accuracy through the product's own path (native tokenizer, batches, threads), for a card with GoEmotions also its
 * macro-F1, speed of bare ONNX
 * Runtime beside models/accurate in the same run, size, whether a score depends on its batch, and which operators take
 * the time.
 */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { basename, join } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config/load.ts';
import { KubesentimentError } from '../src/errors.ts';
import { readConfiguredModel } from '../src/predict/model-parts.ts';
import { StreamProcessor } from '../src/predict/stream-processor.ts';
import type { ModelInfo } from '../src/types.ts';
import { root } from '../test/helpers/paths.ts';
import { BareOnnx } from './lib/bare-onnx.ts';
import { macroF1, readGoEmotions } from './lib/goemotions.ts';
import { readCard } from './lib/model-card.ts';
import { operatorShares } from './lib/operator-shares.ts';
import { pack, tokenize } from './lib/packed-texts.ts';
import { report, runTool, say } from './lib/report.ts';
import { scoreDifference } from './lib/score-invariance.ts';
import { median, rounded } from './lib/statistics.ts';
import { benchmarkTexts } from './lib/topics.ts';

interface Labelled {
  readonly text: string;
  readonly label: number;
}

const TOKENS_PER_BATCH = 1_000;
const SPEED_TEXTS = 4_000;
const ROUNDS = 5;
/** Token ids that any vocabulary of a language model has. */
const profiledShape = { rows: 20, width: 25, pieces: 10_000 };
const DIFFERENCE_MAX = 1e-6;
/** Of the card's accuracy, in points: half of one sentence of 872. */
const ACCURACY_TOLERANCE = 0.06;
/** Speed differs between machines and with what else they do. */
const SPEEDUP_SHARE_MIN = 0.7;

await runTool(async (argv) => {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: { data: { type: 'string' }, json: { type: 'string' } },
  });
  const model = readModelAt(positionals[0] ?? 'models/default');
  const card = readCard(model.directory);
  const sentences = readSentences(values.data);

  say(`Classifying ${sentences.length} sentences.`);
  const { right, called } = await measureAccuracy(model, sentences);
  const accuracy = (100 * right) / called;
  const emotions = card.goEmotions === undefined ? undefined : await measureGoEmotions(model, values.data);
  say('Measuring speed beside models/accurate.');
  const texts = [...sentences.map(({ text }) => text), ...benchmarkTexts(SPEED_TEXTS)].slice(0, SPEED_TEXTS);
  const rows = tokenize(texts, model);
  const { tps, accurateTps } = await measureSpeed(model, texts);
  say('Comparing scores of the same text in different batches.');
  const difference = await scoreDifference(model, rows);

  say('Asking ONNX Runtime where the time goes.');
  const operators = await operatorShares(model.onnxPath, {
    ...profiledShape,
    labels: model.labels.length,
  });
  const shares = Object.fromEntries(
    operators.map(({ operator, percent }) => [`percent_${operator}`, percent]),
  );

  const figures = {
    model: model.name,
    n: sentences.length,
    called,
    accuracy: rounded(accuracy, 2),
    ...(emotions && { goemotions_n: emotions.n, goemotions_macro_f1: rounded(emotions.macroF1, 2) }),
    texts_per_second: rounded(tps, 0),
    accurate_texts_per_second: rounded(accurateTps, 0),
    speedup: rounded(tps / accurateTps, 2),
    tokens_per_text: rounded(rows.reduce((sum, row) => sum + row.length, 0) / rows.length, 2),
    size_bytes: statSync(model.onnxPath).size,
    score_difference_max: difference,
    ...shares,
  };
  report('verify:model', argv, values.json, figures, { card, operators });
  const problems = [
    difference <= DIFFERENCE_MAX ? undefined : `A score changes by ${difference} with its batch.`,
    Math.abs(accuracy - card.accuracy) <= ACCURACY_TOLERANCE
      ? undefined
      : `The card says ${card.accuracy} %.`,
    emotions === undefined || Math.abs(emotions.macroF1 - (card.goEmotions ?? 0)) <= ACCURACY_TOLERANCE
      ? undefined
      : `The card says ${card.goEmotions} % for GoEmotions.`,
    card.speedup === undefined || tps / accurateTps >= card.speedup * SPEEDUP_SHARE_MIN
      ? undefined
      : `The card says ${card.speedup} times the speed of models/accurate.`,
  ].filter((problem) => problem !== undefined);
  for (const problem of problems) say(problem);
  return problems.length === 0;
});

function readModelAt(path: string): ModelInfo {
  return readConfiguredModel(loadConfig({ overrides: { 'model.path': path } }).config);
}

/** The 872 sentences of the GLUE SST-2 development set: `sentence<TAB>label` below a header. */
function readSentences(folder: string | undefined): Labelled[] {
  const path = join(folder ?? join(root, '../shared/data/sst2'), 'test.tsv');
  if (!existsSync(path)) {
    throw new KubesentimentError('KS_USAGE', `There is no ${basename(path)} in the data folder.`, {
      remedy: 'Name the folder with the GLUE SST-2 development set as test.tsv: --data DIR.',
    });
  }
  const lines = readFileSync(path, 'utf8').trimEnd().split('\n').slice(1);
  return lines.map((line) => {
    const [text = '', label] = line.split('\t');
    return { text, label: Number(label) };
  });
}

/** How many sentences got one of the two labels, and how many of these the right one. */
async function measureAccuracy(
  model: ModelInfo,
  sentences: readonly Labelled[],
): Promise<{ right: number; called: number }> {
  const opinions = model.labels.length === 2 ? model.labels : ['NEGATIVE', 'POSITIVE'];
  const said = await classify(
    model,
    sentences.map(({ text }) => text),
  );
  const right = said.filter((label, i) => label === opinions[sentences[i]?.label ?? -1]);
  return { right: right.length, called: said.filter((label) => opinions.includes(label)).length };
}

async function measureGoEmotions(
  model: ModelInfo,
  folder: string | undefined,
): Promise<{ n: number; macroF1: number }> {
  const texts = readGoEmotions(join(folder ?? join(root, '../shared/data/sst2'), '../goemotions'));
  say(`Classifying ${texts.length} texts of GoEmotions.`);
  const said = await classify(
    model,
    texts.map(({ text }) => text),
  );
  const pairs = texts.map(({ label }, i) => ({ label, said: said[i] ?? '' }));
  return { n: texts.length, macroF1: macroF1(pairs) };
}

async function classify(model: ModelInfo, texts: readonly string[]): Promise<string[]> {
  const processor = await StreamProcessor.create({ model: model.directory });
  try {
    return (await processor.predict(texts)).map(({ label }) => label);
  } finally {
    await processor.close();
  }
}

/** The two models take turns; medians of the rounds. Texts a second over all cores. */
async function measureSpeed(
  model: ModelInfo,
  texts: readonly string[],
): Promise<{ tps: number; accurateTps: number }> {
  const models = [model, readModelAt('models/accurate')];
  const runs = await Promise.all(
    models.map(async (each) => ({
      bare: await BareOnnx.start(each, availableParallelism()),
      packed: pack(tokenize(texts, each), TOKENS_PER_BATCH, each.padId),
      tps: [] as number[],
    })),
  );
  for (let round = 0; round < ROUNDS; round++) {
    for (const run of runs) run.tps.push((await run.bare.measure(run.packed)).tps);
  }
  await Promise.all(runs.map((run) => run.bare.stop()));
  const [tps = 0, accurateTps = 0] = runs.map((run) => median(run.tps));
  return { tps, accurateTps };
}
