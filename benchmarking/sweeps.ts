/**
 * The sweeps behind the defaults and docs/tuning.md, one after the other at one warm broker: `npm run bench:sweeps --
 * --folder benchmarking/results`. See README.md, "Sweeps".
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { measuredBroker } from './lib/measured-broker.ts';
import { runBenchmark, say } from './lib/report.ts';
import { runStep } from './lib/table-step.ts';

/** A rate that two cores with a broker on them keep up with. */
const fixed = ['--target-tps', '1500'];
/** Name of the report, keys and values, and at which rate; saturated without one. */
const sweeps: readonly (readonly [name: string, parameters: readonly string[], rate?: readonly string[]])[] =
  [
    ['tokens-per-batch', ['tokens_per_batch=256,512,1024,2048']],
    ['batch-size', ['batch_size=25,50,100,200']],
    ['max-poll-records', ['max_poll_records=200,1000,5000']],
    ['transaction-interval', ['transaction_interval_ms=0,20,50,100'], fixed],
    ['consumer-threads', ['consumer_threads=1,2'], fixed],
    ['producer-linger', ['producer_linger_ms=0,5,20'], fixed],
    ['fetch-max-wait', ['fetch_max_wait_ms=5,20,100'], fixed],
  ];

await runBenchmark(async (argv) => {
  const options = {
    folder: { type: 'string', default: 'benchmarking/results' },
    only: { type: 'string' },
  } as const;
  const { values } = parseArgs({ args: [...argv], options });
  mkdirSync(values.folder, { recursive: true });
  const day = new Date().toISOString().slice(0, 10);
  const broker = await measuredBroker();
  try {
    for (const [name, parameters, rate = []] of sweeps) {
      if (values.only !== undefined && !values.only.split(',').includes(name)) continue;
      const args = [
        'bench',
        'sweep',
        '--broker',
        broker.bootstrapServers,
        '--duration',
        '12',
        '--warm-up',
        '5',
      ];
      for (const parameter of parameters) args.push('--param', parameter);
      const file = join(values.folder, `${day}-sweep-${name}.json`);
      const { problem } = await runStep(
        ['bin/kubesentiment.cjs', ...args, ...rate],
        broker.bootstrapServers,
        file,
      );
      say(problem === undefined ? `${name}: ${file}` : `${name}: ${problem}`);
    }
  } finally {
    await broker.stop();
  }
});
