/**
 * What everything but inference costs. See README.md, "Overhead".
 *
 * The pipeline with a null model and the bare consume-produce-commit loop of node-rdkafka take turns on the same topic.
 */
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { againstBaseline, buildsOf } from './lib/baseline.ts';
import { consumeCommand, type RunNames, readResult } from './lib/consume-command.ts';
import { type MeasuredRun, measureRun } from './lib/measured-run.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';

const TOPIC = uniqueName('bench-requests');

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 500_000 });
  const { messages, partitions, rounds } = options;
  const broker = await measuredBroker();
  const settings = {
    'kafka.bootstrap_servers': broker.bootstrapServers,
    'kafka.topic': TOPIC,
    'model.path': 'null',
  };
  const plan = { broker, topic: TOPIC, messages, partitions, readResult, span: 'steady' } as const;
  try {
    say(`Filling a topic with ${messages} requests.`);
    await fillTopic(broker, TOPIC, partitions, benchmarkTexts(messages));
    const loops: MeasuredRun[] = [];
    const pipelines: MeasuredRun[] = [];
    const baselines: MeasuredRun[] = [];
    for (let round = 1; round <= rounds; round++) {
      loops.push(
        await measureRun({
          ...plan,
          command: ({ group, resultsTopic }) => [
            'dist/benchmarking/lib/bare-kafka-loop.js',
            ...[broker.bootstrapServers, TOPIC, resultsTopic, group],
          ],
        }),
      );
      for (const [runs, folder] of buildsOf(options, pipelines, baselines)) {
        const command = (names: RunNames) => consumeCommand(settings, names, options.set, folder);
        runs.push(await measureRun({ ...plan, command }));
      }
      say(`Round ${round}: loop ${describe(loops.at(-1))}, pipeline ${describe(pipelines.at(-1))}.`);
      if (baselines.length > 0) say(`Round ${round}: baseline ${describe(baselines.at(-1))}.`);
    }
    report(
      'bench:overhead',
      argv,
      options.json,
      { ...summarize(loops, pipelines), ...againstBaseline(pipelines, baselines) },
      {
        messages,
        partitions,
        settings: options.set,
        loop: { rounds: loops },
        pipeline: { rounds: pipelines },
        ...(baselines.length > 0 && { baseline: { rounds: baselines } }),
      },
    );
  } finally {
    await broker.stop();
  }
});

function describe(run: MeasuredRun | undefined): string {
  return `${run?.tps} messages/s at ${run?.cpu_us_per_message} µs`;
}

function summarize(loops: readonly MeasuredRun[], pipelines: readonly MeasuredRun[]) {
  const of = (runs: readonly MeasuredRun[], key: 'tps' | 'cpu_us_per_message') =>
    median(runs.map((run) => run[key]));
  const sum = (key: 'lost' | 'doubled') =>
    [...loops, ...pipelines].reduce((total, run) => total + run[key], 0);
  return {
    loop_tps: of(loops, 'tps'),
    loop_cpu_us_per_message: of(loops, 'cpu_us_per_message'),
    pipeline_tps: of(pipelines, 'tps'),
    pipeline_cpu_us_per_message: of(pipelines, 'cpu_us_per_message'),
    added_cpu_us_per_message: rounded(
      of(pipelines, 'cpu_us_per_message') - of(loops, 'cpu_us_per_message'),
      2,
    ),
    throughput_ratio: rounded(of(pipelines, 'tps') / of(loops, 'tps'), 4),
    lost: sum('lost'),
    doubled: sum('doubled'),
  };
}
