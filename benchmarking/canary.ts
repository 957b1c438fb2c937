/**
 * What a canary costs while it answers a share of the keys. See README.md, "Canary".
 *
 * The service without a canary and the service with one take turns on the same topic. The canary is the same graph
 * under another version, so that what differs is the canary and not how fast its model is.
 */
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { root } from '../test/helpers/paths.ts';
import { consumeCommand, readResult } from './lib/consume-command.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { measureRun } from './lib/measured-run.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { figuresOf, sideBySide } from './lib/side-by-side.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';

const SHARE = 0.1;
/** How long a batch takes on a busy machine must not end the trial. */
const SLOWDOWN_MAX = 1_000;

await runBenchmark(async (argv) => {
  const options = readOptions(argv, { messages: 150_000 });
  const { messages, partitions, rounds } = options;
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-canary-'));
  const canary = { path: otherVersion(folder, options.model), share: SHARE, max_slowdown: SLOWDOWN_MAX };
  const broker = await measuredBroker();
  const topic = uniqueName('bench-requests');
  const common: Record<string, string> = {
    'kafka.bootstrap_servers': broker.bootstrapServers,
    'kafka.topic': topic,
    ...(options.model === undefined ? {} : { 'model.path': options.model }),
  };
  try {
    say(`Filling a topic with ${messages} requests.`);
    await fillTopic(broker, topic, partitions, benchmarkTexts(messages));
    const runs = await sideBySide(rounds, 'with a canary', (hasCanary) => {
      const settings = { ...common, ...(hasCanary && { 'model.canary': JSON.stringify(canary) }) };
      return measureRun({
        ...{ broker, topic, messages, partitions, readResult, span: 'steady' },
        command: (names) => consumeCommand(settings, names, options.set),
      });
    });
    report('bench:canary', argv, options.json, figuresOf(runs, 'canary'), {
      ...{ messages, partitions, share: SHARE, settings: options.set },
      plain: { rounds: runs.plain },
      canary: { rounds: runs.other },
    });
  } finally {
    await broker.stop();
    rmSync(folder, { recursive: true, force: true });
  }
});

/** The same model with a shorter limit of its own, which no text of this benchmark reaches. */
function otherVersion(folder: string, model = join(root, 'models/default')): string {
  const directory = join(folder, 'canary');
  cpSync(model, directory, { recursive: true });
  const file = join(directory, 'config.json');
  const config = JSON.parse(readFileSync(file, 'utf8')) as { max_position_embeddings: number };
  const shorter = { ...config, max_position_embeddings: config.max_position_embeddings - 1 };
  writeFileSync(file, JSON.stringify(shorter));
  return directory;
}
