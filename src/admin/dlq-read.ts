import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { TopicReader } from '../kafka/topic-reader.ts';
import type { SourceMessage } from '../types.ts';
import { clusterProperties } from './cluster.ts';
import { type DeadLetter, readDeadLetter } from './dead-letter.ts';
import { checkFilter, type DlqFilter, matches } from './dlq-filter.ts';

export interface DlqRecord {
  readonly letter: DeadLetter;
  readonly message: SourceMessage;
}

const POLL_MAX = 500;
/** Nothing for this long although the end has not been seen: the broker has gone, or a transaction hangs. */
const SILENCE_MAX_MS = 30_000;

/**
 * The dead letters that the filter means, up to the end that the topic has now: those written meanwhile are not
 * waited for. In order within each partition. `startOf` names the first offset of a partition; default: 0.
 */
export async function* readDeadLetters(
  config: Config,
  filter: DlqFilter,
  startOf?: (partition: number) => number,
): AsyncGenerator<DlqRecord> {
  checkFilter(filter);
  const topic = config.kafka.dlq_topic;
  const reader = new TopicReader({
    topic,
    properties: clusterProperties(config),
    ...(filter.partitions && { partitions: filter.partitions }),
  });
  try {
    await reader.open(startOf);
    let heardAt = performance.now();
    while (!reader.atEnd) {
      const messages = await reader.poll(POLL_MAX);
      if (messages.length > 0) heardAt = performance.now();
      else if (performance.now() - heardAt > SILENCE_MAX_MS && !reader.atEnd) throw silent(topic);
      for (const message of messages) {
        const letter = readDeadLetter(message);
        if (matches(filter, letter)) yield { letter, message };
      }
    }
  } finally {
    await reader.close();
  }
}

/** The one record at an offset; undefined when it is not there (any more). */
export async function findDeadLetter(
  config: Config,
  partition: number,
  offset: number,
): Promise<DlqRecord | undefined> {
  for await (const record of readDeadLetters(config, { partitions: [partition] }, () => offset)) {
    return record.letter.offset === offset ? record : undefined;
  }
  return undefined;
}

function silent(topic: string): KubesentimentError {
  return new KubesentimentError('KS_BROKER_UNREACHABLE', `Nothing came from "${topic}" for 30 s.`, {
    remedy: 'Check that the brokers run and that the user may read the topic.',
  });
}
