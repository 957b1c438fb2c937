/**
 * What more processes of one group bring: 1, 2 and 4 of them, with the null model and with one that sleeps, so that
 * the cores are not the limit. See README.md, "Scaling".
 */
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { root } from '../test/helpers/paths.ts';
import { consumeCommand } from './lib/consume-command.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { type TimedRun, timedRun } from './lib/timed-run.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';

const TOPIC = uniqueName('bench-requests');
const PROCESSES = [1, 2, 4] as const;
/** A message takes 2 ms, asleep: 500 messages/s for each process, far from what the cores can do. */
const MODELS = { sleep: 'sleep:2000', null: 'null' } as const;
const SECONDS = { sleep: 12, null: 5 } as const;
/** Joining of all processes is not part of the figure. */
const WARM_UP_S = { sleep: 8, null: 2 } as const;

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 400_000 });
  const { messages, rounds } = options;
  const partitions = Math.max(8, options.partitions);
  const broker = await measuredBroker();
  try {
    say(`Filling a topic with ${messages} requests.`);
    await fillTopic(broker, TOPIC, partitions, benchmarkTexts(messages));
    const runs: (TimedRun & { model: string; processes: number })[] = [];
    for (let round = 1; round <= rounds; round++) {
      for (const model of ['sleep', 'null'] as const) {
        for (const processes of PROCESSES) {
          const run = await timedRun({
            ...{
              broker,
              topic: TOPIC,
              messages,
              partitions,
              seconds: SECONDS[model],
              warmUpS: WARM_UP_S[model],
            },
            commands: (names) => Array.from({ length: processes }, () => consumer(names, model)),
          });
          runs.push({ model, processes, ...run });
          say(`Round ${round}: ${model} model, ${processes} processes, ${run.tps} messages/s.`);
        }
      }
    }
    const of = (model: string, processes: number): number =>
      median(runs.filter((run) => run.model === model && run.processes === processes).map(({ tps }) => tps));
    const figures = Object.fromEntries(
      Object.keys(MODELS).flatMap((model) => [
        ...PROCESSES.map((n) => [`${model}_${n}_tps`, of(model, n)]),
        ...PROCESSES.slice(1).map((n) => [
          `${model}_${n}_linear`,
          rounded(of(model, n) / (n * of(model, 1)), 4),
        ]),
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

  function consumer(names: { group: string; resultsTopic: string }, model: keyof typeof MODELS) {
    const settings = {
      'kafka.bootstrap_servers': broker.bootstrapServers,
      'kafka.topic': TOPIC,
      'kafka.consumer_threads': '2',
      // What is taken and not finished at the end would only be waited for.
      'kafka.buffer_size': model === 'sleep' ? '2000' : '50000',
      'model.path': MODELS[model],
      'model.max_threads': '1',
    };
    const [script, ...args] = consumeCommand(settings, names, options.set);
    return [process.execPath, join(root, script), ...args] as [string, ...string[]];
  }
});
