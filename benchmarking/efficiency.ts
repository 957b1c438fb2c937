/**
 * How much of the model's own speed the whole job keeps. See README.md, "Efficiency".
 *
 * Rounds of bare ONNX Runtime and of the pipeline alternate on the same texts and the same cores; medians count.
 */
import { availableParallelism } from 'node:os';
import { loadConfig } from '../src/config/load.ts';
import { readConfiguredModel } from '../src/predict/model-parts.ts';
import type { ModelInfo } from '../src/types.ts';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { type BareBeside, bareBeside } from './lib/bare-beside.ts';
import { againstBaseline, buildsOf } from './lib/baseline.ts';
import { BareOnnx, type BareRun } from './lib/bare-onnx.ts';
import { consumeCommand, type RunNames, readResult, sleepingConsumeCommand } from './lib/consume-command.ts';
import { type MeasuredRun, measureRun, type RunPlan } from './lib/measured-run.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { type BenchmarkOptions, readOptions } from './lib/options.ts';
import { pack, tokenize } from './lib/packed-texts.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';

const TOPIC = uniqueName('bench-requests');
/** Budgets of padded tokens to try for the bare runs; the fastest one counts. */
const tokenBudgets = [512, 1024, 2048, 4096] as const;
/** Length of a trial, and trials per budget: on a shared machine a single trial says little. */
const TRIAL_S = 4;
const TRIALS = 3;
const WARM_UP_TEXTS = 2_000;
/** The bare model beside the rest gets every third text, so that the rest outlasts it. */
const BESIDE_SHARE = 3;

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 100_000 });
  const model = readModelOf(options);
  say(`Making ${options.messages} texts.`);
  const texts = benchmarkTexts(options.messages);
  const rows = tokenize(texts, model);
  const broker = await measuredBroker();
  const bare = await BareOnnx.start(model, availableParallelism());
  const stock = await stockOf(options);
  try {
    await fillTopic(broker, TOPIC, options.partitions, texts);
    const budget = await bestBudget(bare, rows, model);
    const packed = pack(rows, budget, model.padId);
    const settings = {
      'kafka.bootstrap_servers': broker.bootstrapServers,
      'kafka.topic': TOPIC,
      'model.path': model.directory,
    };
    const planOf = (command: (names: RunNames) => readonly [string, ...string[]]): RunPlan => ({
      ...{ broker, topic: TOPIC, messages: options.messages, partitions: options.partitions, readResult },
      command,
      span: 'whole',
    });
    const bareRuns: BareRun[] = [];
    const stockTps: number[] = [];
    const runs: MeasuredRun[] = [];
    const baselines: MeasuredRun[] = [];
    const beside: BareBeside[] = [];
    const some = pack(everyNth(rows, BESIDE_SHARE), budget, model.padId);
    for (let round = 1; round <= options.rounds; round++) {
      bareRuns.push(await bare.measure(packed));
      if (stock) stockTps.push(rounded((await stock.measure(packed)).tps, 1));
      for (const [measured, folder] of buildsOf(options, runs, baselines)) {
        const command = (names: RunNames) => consumeCommand(settings, names, options.set, folder);
        measured.push(await measureRun(planOf(command)));
      }
      const run = runs.at(-1) as MeasuredRun;
      const sleepUs = Math.round((availableParallelism() * 1e6) / run.tps);
      const besideRest = await bareBeside(
        planOf((names) => sleepingConsumeCommand(sleepUs, settings, names, options.set)),
        bare,
        some,
      );
      beside.push(besideRest);
      const stockTold = stock === undefined ? '' : `, stock ${stockTps.at(-1)}`;
      say(
        `Round ${round}: bare ${bareRuns.at(-1)?.tps.toFixed(1)}${stockTold}, ` +
          `beside the rest ${besideRest.bare_tps}, pipeline ${run.tps} texts/s.`,
      );
      if (baselines.length > 0) say(`Round ${round}: baseline ${baselines.at(-1)?.tps} texts/s.`);
    }
    const figures = { ...summarize(bareRuns, stockTps, runs, beside), ...againstBaseline(runs, baselines) };
    const tokens = rows.reduce((sum, row) => sum + row.length, 0);
    report('bench:efficiency', argv, options.json, figures, {
      model: { name: model.name, version: model.version },
      messages: options.messages,
      partitions: options.partitions,
      settings: options.set,
      tokens_per_message: rounded(tokens / rows.length, 2),
      bare: {
        tokens_per_batch: budget,
        padding_ratio: rounded(packed.ids.length / tokens, 4),
        rounds_tps: bareRuns.map(({ tps }) => rounded(tps, 1)),
        rounds_cpu_us: bareRuns.map(({ cpuUsPerText }) => rounded(cpuUsPerText, 2)),
      },
      ...(stock && { stock: { model: options.before, rounds_tps: stockTps } }),
      pipeline: { rounds: runs },
      ...(baselines.length > 0 && { baseline: { rounds: baselines } }),
      beside: { rounds: beside },
    });
  } finally {
    await bare.stop();
    await stock?.stop();
    await broker.stop();
  }
});

function readModelOf({ model, set }: BenchmarkOptions): ModelInfo {
  const overrides = { ...Object.fromEntries(set.map(splitSetting)), ...(model && { 'model.path': model }) };
  return readConfiguredModel(loadConfig({ file: undefined, env: {}, overrides }).config);
}

/** What people have who take the file as it was and ONNX Runtime as it comes. */
async function stockOf({ before }: BenchmarkOptions): Promise<BareOnnx | undefined> {
  if (before === undefined) return undefined;
  const { config } = loadConfig({ file: undefined, env: {}, overrides: { 'model.path': before } });
  return BareOnnx.start(readConfiguredModel(config), availableParallelism(), { stock: true });
}

function splitSetting(text: string): [string, string] {
  const at = text.indexOf('=');
  return [text.slice(0, at), text.slice(at + 1)];
}

/** Tries the budgets on a sample of the texts with the same distribution of lengths. */
async function bestBudget(bare: BareOnnx, rows: readonly Int32Array[], model: ModelInfo): Promise<number> {
  const trial = async (count: number, budget: number) => {
    const step = Math.max(1, Math.floor(rows.length / count));
    const sample = pack(everyNth(rows, step), Math.max(budget, model.maxLength), model.padId);
    return (await bare.measure(sample)).tps;
  };
  // The first trial warms the sessions up and shows how many texts a trial needs.
  const count = TRIAL_S * (await trial(WARM_UP_TEXTS, tokenBudgets[0]));
  const found = tokenBudgets.map((budget) => ({ budget, tps: [] as number[] }));
  for (let turn = 0; turn < TRIALS; turn++) {
    for (const { budget, tps } of found) tps.push(await trial(count, budget));
  }
  const best = found.reduce((a, b) => (median(b.tps) > median(a.tps) ? b : a));
  say(`Best batches for bare ONNX Runtime: ${best.budget} tokens.`);
  return Math.max(best.budget, model.maxLength);
}

function everyNth<T>(all: readonly T[], n: number): T[] {
  return all.filter((_, index) => index % n === 0);
}

function summarize(
  bareRuns: readonly BareRun[],
  stockTps: readonly number[],
  runs: readonly MeasuredRun[],
  beside: readonly BareBeside[],
) {
  const bare = median(bareRuns.map(({ tps }) => tps));
  const bareCpuUs = median(bareRuns.map(({ cpuUsPerText }) => cpuUsPerText));
  const cpuUs = median(runs.map(({ cpu_us_per_message }) => cpu_us_per_message));
  const pipeline = median(runs.map(({ tps }) => tps));
  const share = median(runs.map(({ broker_cpu_share }) => broker_cpu_share));
  return {
    bare_tps: rounded(bare, 1),
    pipeline_tps: rounded(pipeline, 1),
    broker_cpu_share: rounded(share, 4),
    efficiency_raw: rounded(pipeline / bare, 4),
    efficiency: rounded(pipeline / (bare * (1 - share)), 4),
    bare_cpu_us_per_text: rounded(bareCpuUs, 2),
    pipeline_cpu_us_per_message: rounded(cpuUs, 2),
    efficiency_cpu: rounded(bareCpuUs / cpuUs, 4),
    ...(stockTps.length > 0 && {
      stock_tps: rounded(median(stockTps), 1),
      over_stock: rounded(pipeline / median(stockTps), 4),
    }),
    bare_beside_tps: rounded(median(beside.map(({ bare_tps }) => bare_tps)), 1),
    efficiency_beside: rounded(pipeline / median(beside.map(({ bare_tps }) => bare_tps)), 4),
    lost: runs.reduce((sum, { lost }) => sum + lost, 0),
    doubled: runs.reduce((sum, { doubled }) => sum + doubled, 0),
  };
}
