import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { TopicReader } from '../kafka/topic-reader.ts';
import type { SourceMessage } from '../types.ts';
import { clusterProperties } from './access.ts';

const POLL_MAX = 2_000;
/** No records for this long before the end is reached: the broker is gone. */
const SILENCE_MAX_MS = 30_000;

/** librdkafka counts back from the end with negative offsets below this one. */
const TAIL = -2000;

/** At most the last `offsets` of each partition, see `readTopic`; markers of transactions count as well. */
export function readTail(
  config: Config,
  topic: string,
  offsets: number,
  visit: (message: SourceMessage) => void,
): Promise<void> {
  return readTopic(config, topic, visit, () => TAIL - offsets);
}

/** Every committed record up to the end of the topic. KS_BROKER_UNREACHABLE, KS_TOPIC_MISSING. */
export async function readTopic(
  config: Config,
  topic: string,
  visit: (message: SourceMessage) => void,
  startOf?: (partition: number) => number,
): Promise<void> {
  const reader = new TopicReader({ topic, properties: clusterProperties(config) });
  try {
    await reader.open(startOf);
    let heardAt = performance.now();
    while (!reader.atEnd) {
      const messages = await reader.poll(POLL_MAX);
      if (messages.length > 0) heardAt = performance.now();
      else if (performance.now() - heardAt > SILENCE_MAX_MS && !reader.atEnd) throw silent(topic);
      for (const message of messages) visit(message);
    }
  } finally {
    await reader.close();
  }
}

function silent(topic: string): KubesentimentError {
  return new KubesentimentError('KS_BROKER_UNREACHABLE', `"${topic}" has sent nothing for 30 s.`, {
    remedy: 'Check that the brokers are running, no transaction hangs and the user may read the topic.',
  });
}
