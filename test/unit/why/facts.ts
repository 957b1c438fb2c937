import type { Facts, PartitionFacts } from '../../../src/why/facts.ts';

export function partition(number: number, more: Partial<PartitionFacts> = {}): PartitionFacts {
  return {
    topic: 'requests',
    partition: number,
    waiting: 0,
    status: 'ok',
    paused: false,
    unreadable: undefined,
    heldBack: undefined,
    arrivalsPerS: 100,
    ...more,
  };
}

/** Of a service that has four partitions, does well, and is not busy; `more` differs. */
export function facts(more: Partial<Facts> = {}): Facts {
  return {
    state: 'running',
    readsKafka: true,
    brokers: ['kafka-1:9092', 'kafka-2:9092'],
    brokerSilentMs: 0,
    hasJoined: true,
    missingTopics: [],
    stopReason: undefined,
    schemaTrouble: undefined,
    schemaWaiting: 0,
    consumers: 2,
    partitions: [0, 1, 2, 3].map((number) => partition(number)),
    backlog: 0,
    isWatched: true,
    transactions: { failed: 0, failure: undefined, meanMs: 8, busy: 0.2 },
    inference: { busy: 0.3, threads: 2 },
    loopBusy: 0.1,
    cpu: { throttled: undefined, cpus: 2 },
    committedPerS: 400,
    targetMs: 100,
    p95Ms: 60,
    stageMs: { consume: 1, decode: 1, batch: 20, infer: 12, publish: 1, commit: 8 },
    ...more,
  };
}
