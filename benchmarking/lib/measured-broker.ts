import { listeningProcess } from '../../src/bench/listening-process.ts';
import { KubesentimentError } from '../../src/errors.ts';
import { type Broker, brokerAt, startMeasuredBroker } from '../../test/helpers/kafka-broker.ts';
import { consumeCommand } from './consume-command.ts';
import { ConsumerProcess } from './consumer-process.ts';
import { say } from './report.ts';
import { visibleLatency } from './visible-latency.ts';

/** A real Apache Kafka, set up as in production and warmed up. */
export type MeasuredBroker = Pick<Broker, 'bootstrapServers' | 'pid' | 'createTopic' | 'stop'>;

/** HOST:PORT of a broker on this machine that is already warm. */
export const BROKER_VARIABLE = 'KUBESENTIMENT_BENCH_BROKER';

/**
 * A new JVM compiles its code while it serves. Here it used a whole core for minutes, and a transaction over eight
 * partitions took ten times as long. It gets this load, this many times, before anything is measured.
 */
const warmUp = { partitions: 8, rate: 2_000, seconds: 25 } as const;
const WARM_UP_ROUNDS = 5;

/** The broker that BROKER_VARIABLE names, or a new one that has been warmed up. */
export async function measuredBroker(): Promise<MeasuredBroker> {
  const running = process.env[BROKER_VARIABLE];
  if (running !== undefined)
    return { ...brokerAt(running), pid: pidOf(running), stop: async () => undefined };
  const broker = await startMeasuredBroker();
  for (let round = 1; round <= WARM_UP_ROUNDS; round++) {
    const { mean_ms, p99_ms } = await visibleLatency({
      ...{ broker, ...warmUp },
      start: (names) => {
        const settings = {
          'kafka.bootstrap_servers': broker.bootstrapServers,
          'kafka.topic': names.topic,
          'model.path': 'null',
        };
        return new ConsumerProcess(consumeCommand(settings, names, []));
      },
    });
    say(
      `Warming the broker up, ${round} of ${WARM_UP_ROUNDS}: visible after ${mean_ms} ms, p99 ${p99_ms} ms.`,
    );
  }
  return broker;
}

function pidOf(address: string): number {
  const pid = listeningProcess(Number(address.slice(address.lastIndexOf(':') + 1)));
  if (pid !== undefined) return pid;
  throw new KubesentimentError('KS_USAGE', `No process of this user listens at ${address}.`, {
    remedy: `${BROKER_VARIABLE} must name a broker on this machine; if it is unset, one is started.`,
  });
}
