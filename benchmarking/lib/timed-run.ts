import { setTimeout as sleep } from 'node:timers/promises';
import { cpuSeconds } from '../../src/bench/process-usage.ts';
import { KubesentimentError } from '../../src/errors.ts';
import { uniqueName } from '../../test/helpers/kafka-broker.ts';
import type { MeasuredBroker } from './measured-broker.ts';
import { ConsumerProcess } from './consumer-process.ts';
import { type RunNames, readResult } from './consume-command.ts';
import { rounded } from './statistics.ts';
import { countResults, GroupProgress } from './topics.ts';

export interface TimedPlan {
  readonly broker: MeasuredBroker;
  /** Already filled, with more than can be done in the time. */
  readonly topic: string;
  readonly messages: number;
  readonly partitions: number;
  readonly seconds: number;
  /** Left out, counted from the first commit. */
  readonly warmUpS: number;
  /** Program and arguments of each process; all share one group. */
  readonly commands: (names: RunNames) => (readonly [string, ...string[]])[];
}

export interface TimedRun {
  /** Messages a second, by committed offsets. */
  readonly tps: number;
  readonly seconds: number;
  /** User and system time of all processes in that span, in microseconds. */
  readonly cpu_us_per_message: number;
  /** Committed without a result, and results beyond the first of a request. */
  readonly lost: number;
  readonly doubled: number;
}

const SAMPLE_MS = 100;
const START_MS_MAX = 120_000;
const SPAN_S_MIN = 1;

interface Look {
  readonly atMs: number;
  readonly committed: number;
  readonly cpuS: number;
}

/** Both looks are taken just after the offsets moved, so that large commits neither help nor hurt a consumer. */
async function watch(
  { messages, seconds, warmUpS }: TimedPlan,
  progress: GroupProgress,
  consumers: readonly ConsumerProcess[],
): Promise<{ from: Look; to: Look }> {
  const startedAt = performance.now();
  let [first, from, to]: (Look | undefined)[] = [];
  for (let last = 0; ; await sleep(SAMPLE_MS)) {
    const committed = await progress.committed();
    const cpuS = consumers.reduce((sum, { pid }) => sum + cpuSeconds(pid), 0);
    const now = { atMs: performance.now(), committed, cpuS };
    for (const consumer of consumers) consumer.checkRunning();
    if (committed > last) {
      first ??= now;
      if (now.atMs - first.atMs >= warmUpS * 1_000) from ??= now;
      to = now;
      last = committed;
    }
    const isOver =
      committed >= messages || now.atMs - startedAt > START_MS_MAX + 1_000 * (warmUpS + 4 * seconds);
    if (first === undefined && now.atMs - startedAt > START_MS_MAX)
      throw new KubesentimentError('KS_STATE', 'The consumer does not commit anything.');
    if (from !== undefined && to !== undefined && (isOver || to.atMs - from.atMs >= seconds * 1_000))
      return { from, to };
    if (isOver)
      throw new KubesentimentError('KS_USAGE', 'The run was too short to measure.', {
        remedy: 'Raise --messages.',
      });
  }
}

/** Lets a new group read for a while and measures how fast its committed offsets move. */
export async function timedRun(plan: TimedPlan): Promise<TimedRun> {
  const { broker, topic, partitions } = plan;
  const group = uniqueName('bench');
  const resultsTopic = `${group}-results`;
  await broker.createTopic(resultsTopic, partitions);
  const progress = new GroupProgress(broker.bootstrapServers, group, topic, partitions);
  await progress.open();
  const consumers = plan.commands({ group, resultsTopic }).map((command) => ConsumerProcess.of(command));
  try {
    const { from, to } = await watch(plan, progress, consumers);
    await Promise.all(consumers.map((consumer) => consumer.stop({ mayFail: true })));
    const seconds = (to.atMs - from.atMs) / 1_000;
    if (!(seconds >= SPAN_S_MIN))
      throw new KubesentimentError('KS_USAGE', 'The run was too short to measure.', {
        remedy: 'Raise --messages.',
      });
    const committed = await progress.committed();
    const { records, distinct } = await countResults(broker, resultsTopic, readResult);
    const done = to.committed - from.committed;
    return {
      tps: rounded(done / seconds, 1),
      seconds: rounded(seconds, 2),
      cpu_us_per_message: rounded((1e6 * (to.cpuS - from.cpuS)) / done, 1),
      lost: Math.max(0, committed - distinct),
      doubled: records - distinct,
    };
  } finally {
    for (const consumer of consumers) consumer.kill();
    await progress.close();
  }
}
