import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { runBench } from '../bench/bench.ts';
import { benchHtml } from '../bench/html-report.ts';
import { benchJson } from '../bench/json-report.ts';
import { createProgress } from '../demo/progress.ts';
import { formatResults } from '../bench/results.ts';
import { type BenchOptions, benchConfig, benchPlan, withBenchOptions, withBroker } from './bench-options.ts';
import { registerSweepCommand } from './bench-sweep.ts';
import { type Done, note, wholeNumber, withExamples } from './common.ts';

interface Options extends BenchOptions {
  readonly saturate?: boolean;
}

const TARGET_TPS = 5_000;

export function registerBenchCommand(program: Command, done: Done): void {
  const command = withBenchOptions(program.command('bench'))
    .enablePositionalOptions()
    .description(
      'run the performance test: send requests, measure from outside, compare with one message at a time',
    )
    .option('--duration <seconds>', 'how long to send, without the warm-up', wholeNumber, 60)
    .option(
      '--target-tps <n>',
      `messages per second to send and to reach (default: ${TARGET_TPS})`,
      wholeNumber,
    )
    .option('--open-loop', 'send at a fixed rate, the target; this is the default')
    .option('--saturate', 'send as fast as possible; a target, if given, must still be reached')
    .action(async (options: Options) => done(await bench(options, process.env)));
  withExamples(
    command,
    'kubesentiment bench --config configs/kafka.yaml --duration 300 --target-tps 5000',
    'kubesentiment bench --broker local --saturate --duration 30 --html report.html',
  );
  registerSweepCommand(command, done);
}

/** Exit code 0 only if the target was reached and nothing was lost or duplicated. */
async function bench(options: Options, env: NodeJS.ProcessEnv): Promise<number> {
  const target = options.targetTps ?? (options.saturate ? undefined : TARGET_TPS);
  const ratePerS = options.saturate ? undefined : target;
  const progress = createProgress({ total: ratePerS && ratePerS * options.duration });
  const report = await withBroker(options, env, (broker) =>
    runBench(broker, {
      ...benchPlan(options),
      ...benchConfig(options, env),
      targetTps: target,
      ratePerS,
      onProgress: (state) => progress.update(state),
      onMeasured: () => progress.finish(),
    }),
  );
  process.stdout.write(formatResults(report.results));
  for (const line of report.notes) note(line);
  if (options.html !== undefined) await writeFile(options.html, benchHtml(report));
  if (options.json !== undefined) await writeFile(options.json, benchJson(report));
  return report.passed ? 0 : 1;
}
