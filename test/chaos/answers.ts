import { type Origins, outputsOf, type Topics } from './check.ts';
import { LiveReader } from './reader.ts';

/** `onVisible`: a result or dead letter of a request of this partition has become visible. */
export function watchAnswers(
  servers: string,
  topics: Topics,
  origins: Origins,
  onVisible: (partition: number) => void,
): Promise<LiveReader> {
  return LiveReader.start(servers, outputsOf({ ...topics, retries: [] }), (record) => {
    const origin = origins[record.topic === topics.deadLetters ? 'deadLetter' : 'result'](record);
    if (origin !== undefined) onVisible(origin.partition);
  });
}
