import type { Facts, Finding, Limit } from './facts.ts';
import { slowCauses } from './slow-causes.ts';
import { stuckCauses } from './stuck-causes.ts';
import { isBehind, isLate } from './symptoms.ts';
import { count, milliseconds, several } from './words.ts';

/** What limits a service, in one sentence; what else is worth knowing after it. */
export interface Why extends Finding {
  readonly also: readonly Finding[];
}

/** As long as one of these holds, nothing else that is measured means anything. */
const decisive: ReadonlySet<Limit> = new Set([
  'kafka_disabled',
  'starting',
  'draining',
  'stopped',
  'failed',
  'broker_unreachable',
  'dead_letter_stop',
]);

/**
 * Names what keeps a service from doing more, and what can be done about it: first what stands still, then what is
 * slow. Nothing is measured here, so every cause can be tried with a table.
 */
export function why(facts: Facts): Why {
  const [first, ...rest] = findings(facts) as [Finding, ...Finding[]];
  return { ...first, also: rest };
}

function findings(facts: Facts): Finding[] {
  const stuck = stuckCauses.flatMap((cause) => cause(facts) ?? []);
  const found = stuck.find(({ limit }) => decisive.has(limit));
  if (found !== undefined) return [found];
  const isSlow = isBehind(facts) || isLate(facts);
  // One of them is enough: what follows from it shows the same symptom.
  const slow = isSlow
    ? slowCauses.map((cause) => cause(facts)).find((finding) => finding !== undefined)
    : undefined;
  const all = [...stuck, ...(slow === undefined ? [] : [slow])];
  return [...(all.length > 0 ? all : [nothing(facts)]), ...idleConsumers(facts)];
}

function nothing({ partitions, committedPerS, p95Ms, isWatched }: Facts): Finding {
  const held =
    partitions.length === 1 ? 'the partition is' : `all ${count(partitions.length)} partitions are`;
  const rate = `${several(Math.round(committedPerS), 'message')} a second, p95 ${milliseconds(p95Ms)}`;
  const flow = committedPerS >= 1 ? `: ${rate}, and nothing waits in Kafka` : `: ${held} read to the end`;
  if (partitions.length === 0) return noPartitions();
  const sentence = isWatched
    ? `Nothing is wrong${flow}.`
    : 'Nothing is known to be wrong; it is still being watched.';
  return { limit: 'none', severity: 'ok', sentence, remedy: null };
}

function noPartitions(): Finding {
  return {
    limit: 'no_partitions',
    severity: 'ok',
    sentence: 'This process has nothing to do: the group has given all partitions to other consumers.',
    remedy: 'Add partitions to the topic, or run fewer processes or consumers (kafka.consumer_threads).',
  };
}

/** More consumers than partitions: no harm is done, but none comes of it either. */
function idleConsumers({ consumers, partitions }: Facts): Finding[] {
  const idle = consumers - partitions.length;
  if (partitions.length === 0 || idle <= 0) return [];
  return [
    {
      limit: 'idle_consumers',
      severity: 'ok',
      sentence:
        `${count(idle)} of ${several(consumers, 'consumer')} of this process ` +
        `${idle === 1 ? 'has' : 'have'} no partition.`,
      remedy: 'Lower kafka.consumer_threads, run fewer processes, or add partitions.',
    },
  ];
}
