import { setTimeout as sleep } from 'node:timers/promises';
import { committedOffsets } from '../helpers/kafka-client.ts';
import type { Scene } from './faults.ts';
import { describeGroup } from './group-state.ts';
import { allTopics } from './check.ts';

/** For what is left when the last fault is over, and for each record sent: the machine may be slow. */
const DRAIN_TIMEOUT_MS = 180_000;
const DRAIN_MS_PER_RECORD = 1;

/** Resolves with true when the group has committed everything that was sent, and nothing waits any more. */
export async function waitUntilDrained(
  { cluster, load, fleet }: Scene,
  group: string,
  isAnswered: () => boolean,
  print: (line: string) => void,
): Promise<boolean> {
  print(`${load.sent} requests sent; no more faults. Waiting for ${fleet.size} members to finish.`);
  const deadline = performance.now() + DRAIN_TIMEOUT_MS + load.sent * DRAIN_MS_PER_RECORD;
  while (performance.now() < deadline) {
    const committed = await committedOffsets(cluster.direct, group, allTopics.requests).catch(() => []);
    const sum = committed.reduce((total, { offset }) => total + (offset ?? 0), 0);
    if (sum >= load.acknowledged && isAnswered()) return true;
    await sleep(500);
  }
  print(`The group stands still:\n${describeGroup(cluster.direct, group)}`);
  return false;
}
