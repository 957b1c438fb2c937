/**
 * How the rate grows with the processes of a group: 1, 2 and 4 of them, with the null model and with one that sleeps,
 * so that the cores are not the limit. See README.md, "Scaling".
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { root } from '../test/helpers/paths.ts';
import { consumeCommand, type RunNames, sleepingConsumeCommand } from './lib/consume-command.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { type TimedRun, timedRun } from './lib/timed-run.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';

const TOPIC = uniqueName('bench-requests');
const processCounts = [1, 2, 4] as const;
const models = ['sleep', 'null'] as const;
type Model = (typeof models)[number];
/** 500 messages/s for each process, far from what the cores can do. */
const SLEEP_US = 2_000;
const secondsByModel = { sleep: 12, null: 5 } as const;
/** The figure leaves out the time in which the processes join. */
const warmUpByModel = { sleep: 8, null: 2 } as const;

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 400_000 });
  const { messages, rounds } = options;
  const partitions = Math.max(8, options.partitions);
  const broker = await measuredBroker();
  try {
    say(`Filling a topic with ${messages} requests.`);
    await fillTopic(broker, TOPIC, partitions, benchmarkTexts(messages));
    const runs: (TimedRun & { model: Model; processes: number })[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const model of models) {
        for (const processes of processCounts) {
          const run = await timedRun({
            ...{
              broker,
              topic: TOPIC,
              messages,
              partitions,
              seconds: secondsByModel[model],
              warmUpS: warmUpByModel[model],
            },
            commands: (names) => Array.from({ length: processes }, () => consumer(names, model)),
          });
          runs.push({ model, processes, ...run });
          say(`Round ${round}: ${model} model, ${processes} processes, ${run.tps} messages/s.`);
        }
      }
    }
    const of = (model: Model, processes: number): number =>
      median(runs.filter((run) => run.model === model && run.processes === processes).map(({ tps }) => tps));
    const figures = Object.fromEntries(
      models.flatMap((model) => [
        ...processCounts.map((n) => [`${model}_${n}_tps`, of(model, n)]),
        ...processCounts
          .slice(1)
          .map((n) => [`${model}_${n}_linear`, rounded(of(model, n) / (n * of(model, 1)), 4)]),
      ]),
    );
    const sum = (key: 'lost' | 'doubled'): number => runs.reduce((total, run) => total + run[key], 0);
    report(
      'bench:scaling',
      argv,
      options.json,
      { ...figures, lost: sum('lost'), doubled: sum('doubled') },
      { messages, partitions, cores: availableParallelism(), runs },
    );
  } finally {
    await broker.stop();
  }

  function consumer(names: RunNames, model: Model): [string, ...string[]] {
    const settings = {
      'kafka.bootstrap_servers': broker.bootstrapServers,
      'kafka.topic': TOPIC,
      'kafka.consumer_threads': '2',
      // At the end the run would only wait for messages that were taken but not finished.
      'kafka.buffer_size': model === 'sleep' ? '2000' : '50000',
      'model.path': 'null',
      'model.max_threads': '1',
    };
    const rest = [settings, names, options.set] as const;
    const [script, ...args] =
      model === 'sleep' ? sleepingConsumeCommand(SLEEP_US, ...rest) : consumeCommand(...rest);
    return [process.execPath, join(root, script), ...args];
  }
});
