/** The same job done by others: same texts, topic, model and machine, order rotated. See README.md, "Peers". */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KubesentimentError } from '../src/errors.ts';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { root } from '../test/helpers/paths.ts';
import { consumeCommand } from './lib/consume-command.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { type Peer, type PeerPlace, peers } from './lib/peers.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { type TimedRun, timedRun } from './lib/timed-run.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';

const TOPIC = uniqueName('bench-requests');
const OURS = 'kubesentiment';

await runBenchmark(async (argv) => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: 'string' },
      model: { type: 'string', default: 'models/default' },
      seconds: { type: 'string', default: '10' },
      'warm-up': { type: 'string', default: '3' },
      rounds: { type: 'string', default: '3' },
      messages: { type: 'string', default: '150000' },
      partitions: { type: 'string', default: '4' },
      only: { type: 'string' },
    },
  });
  const messages = Number(values.messages);
  const partitions = Number(values.partitions);
  const modelDirectory = join(root, values.model);
  const wanted = values.only?.split(',') ?? peers.map(({ name }) => name);
  const broker = await measuredBroker();
  try {
    const chosen = [ours(values.model), ...peers.filter(({ name }) => wanted.includes(name))];
    const available = chosen.filter((peer) => isInstalled(peer));
    say(`Filling a topic with ${messages} requests.`);
    await fillTopic(broker, TOPIC, partitions, benchmarkTexts(messages));
    const runs = new Map<string, TimedRun[]>(available.map(({ name }) => [name, []]));
    for (let round = 0; round < Number(values.rounds); round++) {
      const order = available.map((_, i) => available[(i + round) % available.length] as Peer);
      for (const peer of order) {
        const place = { bootstrapServers: broker.bootstrapServers, topic: TOPIC, modelDirectory };
        const run = await timedRun({
          ...{ broker, topic: TOPIC, messages, partitions },
          ...{ seconds: Number(values.seconds), warmUpS: Number(values['warm-up']) },
          commands: (names) => [peer.command({ ...place, ...names })],
        }).catch((error) => {
          say(`${peer.name} failed: ${(error as Error).message}`);
        });
        if (run === undefined) continue;
        runs.get(peer.name)?.push(run);
        say(`Round ${round + 1}: ${peer.name} ${run.tps} messages/s.`);
      }
    }
    const medians = new Map(
      [...runs].filter(([, list]) => list.length > 0).map(([name, list]) => [name, medianOf(list)]),
    );
    report('bench:peers', argv, values.json, figures(medians), {
      messages,
      partitions,
      model: values.model,
      peers: chosen.map(({ name, what, exactlyOnce }) => ({
        name,
        what,
        exactly_once: exactlyOnce,
        rounds: runs.get(name) ?? [],
      })),
    });
  } finally {
    await broker.stop();
  }
});

function ours(model: string): Peer {
  return {
    name: OURS,
    what: 'kubesentiment consume, default configuration, exactly once',
    exactlyOnce: true,
    command: ({ bootstrapServers, topic, ...names }: PeerPlace) => {
      const settings = {
        'kafka.bootstrap_servers': bootstrapServers,
        'kafka.topic': topic,
        'model.path': model,
      };
      const [script, ...args] = consumeCommand(settings, names, []);
      return [process.execPath, join(root, script), ...args];
    },
  };
}

/** A peer that cannot be installed here is left out, and said. */
function isInstalled(peer: Peer): boolean {
  try {
    peer.command({ bootstrapServers: '', topic: '', resultsTopic: '', group: '', modelDirectory: '' });
    return true;
  } catch (error) {
    if (!(error instanceof KubesentimentError)) throw error;
    say(`Left out: ${peer.name}. ${error.message}`);
    return false;
  }
}

function medianOf(runs: readonly TimedRun[]): number {
  return median(runs.map(({ tps }) => tps));
}

function figures(medians: ReadonlyMap<string, number>): Record<string, number> {
  const own = medians.get(OURS) ?? Number.NaN;
  const others = [...medians].filter(([name]) => name !== OURS);
  return {
    [`${OURS}_tps`]: own,
    ...Object.fromEntries(others.map(([name, tps]) => [`${name}_tps`, tps])),
    ...Object.fromEntries(others.map(([name, tps]) => [`over_${name}`, rounded(own / tps, 2)])),
  };
}
