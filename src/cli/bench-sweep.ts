import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { sweepHtml } from '../bench/html-sweep.ts';
import { sweepJson } from '../bench/json-report.ts';
import { bestRow, figureOf, parseParameter, runSweep, type Sweep, sweepFigures } from '../bench/sweep.ts';
import { createProgress } from '../demo/progress.ts';
import { type BenchOptions, benchConfig, benchPlan, withBenchOptions, withBroker } from './bench-options.ts';
import { type Done, note, print, table, wholeNumber, withExamples } from './common.ts';

interface Options extends BenchOptions {
  readonly param: readonly string[];
}

export function registerSweepCommand(bench: Command, done: Done): void {
  const command = withBenchOptions(bench.command('sweep'))
    .description('run one measurement for each value of one or two parameters')
    .requiredOption('--param <key=values>', 'a setting and its values; can be given twice', collectText)
    .option('--duration <seconds>', 'duration of each measurement, without the warm-up', wholeNumber, 15)
    .option('--target-tps <n>', 'send at this rate (default: as fast as possible)', wholeNumber)
    .action(async (options: Options) => done(await sweep(options, process.env)));
  withExamples(
    command,
    'kubesentiment bench sweep --broker local --param batch_size=50,100,200,400 --html sweep.html',
    'kubesentiment bench sweep --param tokens_per_batch=512,1024,2048 --param max_threads=1,2 --json sweep.json',
  );
}

/** Exit code 0 when no run lost or duplicated anything. */
async function sweep(options: Options, env: NodeJS.ProcessEnv): Promise<number> {
  const parameters = options.param.map(parseParameter);
  const found = await withBroker(options, env, (broker) => {
    const newProgress = () => createProgress();
    let progress = newProgress();
    return runSweep(
      broker,
      parameters,
      {
        ...benchPlan(options),
        targetTps: options.targetTps,
        ratePerS: options.targetTps,
        onProgress: (state) => progress.update(state),
        onMeasured: () => {
          progress.finish();
          progress = newProgress();
        },
      },
      (settings) => benchConfig(options, env, settings),
    );
  });
  print(tableOf(found));
  const best = found.rows[bestRow(found)];
  note(`Highest rate: ${parameters.map(({ key }, i) => `${key}=${best?.values[i]}`).join(', ')}.`);
  if (options.html !== undefined) await writeFile(options.html, sweepHtml(found));
  if (options.json !== undefined) await writeFile(options.json, sweepJson(found));
  return found.rows.every(({ report }) => report.details.lost === 0 && report.details.doubled === 0) ? 0 : 1;
}

function tableOf({ parameters, rows }: Sweep): string {
  const header = [...parameters.map(({ key }) => key), ...sweepFigures.map(([name]) => name)];
  return table(
    header,
    rows.map(({ values, report }) => [
      ...values,
      ...sweepFigures.map(([name, , decimals]) => figureOf(report, name)?.toFixed(decimals) ?? '–'),
    ]),
  );
}

function collectText(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
