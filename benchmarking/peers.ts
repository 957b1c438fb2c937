/** The same job done by others: same texts, topic, model and machine, order rotated. See README.md, "Peers". */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { KubesentimentError } from '../src/errors.ts';
import { uniqueName } from '../test/helpers/kafka-broker.ts';
import { root } from '../test/helpers/paths.ts';
import { consumeCommand } from './lib/consume-command.ts';
import { measuredBroker } from './lib/measured-broker.ts';
import { ConsumerProcess } from './lib/consumer-process.ts';
import type { Peer, PeerPlace } from './lib/peer.ts';
import { peers } from './lib/peers.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { median, rounded } from './lib/statistics.ts';
import { streamsPeers } from './lib/streams-peer.ts';
import { type TimedRun, timedRun } from './lib/timed-run.ts';
import { benchmarkTexts, fillTopic } from './lib/topics.ts';
import { type VisibleLatency, visibleLatency } from './lib/visible-latency.ts';

const TOPIC = uniqueName('bench-requests');
const OURS = 'kubesentiment';
/** Counted from the start of the process. A JVM needs a while until it has compiled what it runs. */
const LATENCY_WARM_UP_S = 20;

await runBenchmark(async (argv) => {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      json: { type: 'string' },
      model: { type: 'string', default: 'models/default' },
      seconds: { type: 'string', default: '10' },
      'warm-up': { type: 'string', default: '10' },
      rounds: { type: 'string', default: '3' },
      messages: { type: 'string', default: '400000' },
      partitions: { type: 'string', default: '4' },
      only: { type: 'string' },
      rate: { type: 'string' },
    },
  });
  const messages = Number(values.messages);
  const partitions = Number(values.partitions);
  const rounds = Number(values.rounds);
  const seconds = Number(values.seconds);
  const modelDirectory = join(root, values.model);
  const wanted = values.only?.split(',') ?? peers.map(({ name }) => name);
  const broker = await measuredBroker();
  const { bootstrapServers } = broker;
  try {
    const chosen = [ours(values.model), ...peers.filter(({ name }) => wanted.includes(name))];
    const available = chosen.filter((peer) => isInstalled(peer));
    say(`Filling a topic with ${messages} requests.`);
    await fillTopic(broker, TOPIC, partitions, benchmarkTexts(messages));
    const flatOut = await inTurns(available, rounds, async (peer) => {
      const run = await timedRun({
        ...{ broker, topic: TOPIC, messages, partitions, seconds, warmUpS: Number(values['warm-up']) },
        commands: (names) => [peer.command({ bootstrapServers, topic: TOPIC, modelDirectory, ...names })],
      });
      say(`${peer.name}: ${run.tps} messages/s.`);
      return run;
    });
    const steady = values.rate === undefined ? [] : [OURS, ...streamsPeers.map(({ name }) => name)];
    const atRate = await inTurns(
      available.filter(({ name }) => steady.includes(name)),
      rounds,
      async (peer) => {
        const latency = await visibleLatency({
          ...{ broker, partitions, rate: Number(values.rate), seconds, warmUpS: LATENCY_WARM_UP_S },
          start: (names) => ConsumerProcess.of(peer.command({ bootstrapServers, modelDirectory, ...names })),
        });
        say(`${peer.name}: visible after ${latency.mean_ms} ms, p99 ${latency.p99_ms} ms.`);
        return latency;
      },
    );
    report('bench:peers', argv, values.json, figures(flatOut, atRate), {
      messages,
      partitions,
      model: values.model,
      peers: chosen.map(({ name, what, exactlyOnce }) => ({
        name,
        what,
        exactly_once: exactlyOnce,
        rounds: flatOut.get(name) ?? [],
        ...(steady.includes(name) && { at_rate: atRate.get(name) ?? [] }),
      })),
    });
  } finally {
    await broker.stop();
  }
});

/** Measures each peer once a round; the order rotates. A peer that fails misses a round, and that is said. */
async function inTurns<T>(
  those: readonly Peer[],
  rounds: number,
  measure: (peer: Peer) => Promise<T>,
): Promise<Map<string, T[]>> {
  const found = new Map<string, T[]>();
  for (let round = 0; round < rounds; round++) {
    say(`Round ${round + 1}.`);
    for (const peer of those.map((_, i) => those[(i + round) % those.length] as Peer)) {
      try {
        found.set(peer.name, [...(found.get(peer.name) ?? []), await measure(peer)]);
      } catch (error) {
        say(`${peer.name} failed: ${(error as Error).message}`);
      }
    }
  }
  return found;
}

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

function figures(
  flatOut: ReadonlyMap<string, readonly TimedRun[]>,
  atRate: ReadonlyMap<string, readonly VisibleLatency[]>,
): Record<string, number> {
  const tps = [...flatOut].map(([name, runs]) => [name, median(runs.map((run) => run.tps))] as const);
  const own = tps.find(([name]) => name === OURS)?.[1] ?? Number.NaN;
  const others = tps.filter(([name]) => name !== OURS);
  const medians = <T>(from: ReadonlyMap<string, readonly T[]>, suffix: string, read: (each: T) => number) =>
    Object.fromEntries([...from].map(([name, list]) => [`${name}_${suffix}`, median(list.map(read))]));
  return {
    [`${OURS}_tps`]: own,
    ...Object.fromEntries(others.map(([name, value]) => [`${name}_tps`, value])),
    ...Object.fromEntries(others.map(([name, value]) => [`over_${name}`, rounded(own / value, 2)])),
    ...medians(flatOut, 'cpu_us_per_message', (run) => run.cpu_us_per_message),
    ...medians(atRate, 'visible_p99_ms', ({ p99_ms }) => p99_ms),
    ...medians(atRate, 'visible_mean_ms', ({ mean_ms }) => mean_ms),
    ...medians(atRate, 'at_rate_cpu_us_per_message', (latency) => latency.cpu_us_per_message),
  };
}
