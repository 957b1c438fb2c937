import { readTail } from '../cluster/read-topic.ts';
import type { Config } from '../config/schema.ts';
import { Decoder } from '../decode/decoder.ts';
import { fetchSchemas } from '../registry/fetch-schemas.ts';
import { recognize } from '../decode/recognize.ts';
import { RequestReader } from '../decode/request-reader.ts';
import { CascadeProcessor } from '../predict/cascade-processor.ts';
import { forTopic } from '../config/topic-requests.ts';
import type { Prediction, SourceMessage } from '../types.ts';

/** What the configuration makes of one message. */
export interface Tried {
  readonly partition: number;
  readonly offset: number;
  /** `text`: it would be classified. `encrypted`: as well, with the key. `passedOver`: it is no request. */
  readonly outcome: 'text' | 'encrypted' | 'passedOver' | 'deadLetter';
  /** The id and timestamp of the result as JSON; empty if the request has none. */
  readonly id?: string | undefined;
  readonly timestamp?: string | undefined;
  readonly priority?: string | undefined;
  /** User data. */
  readonly text?: string | undefined;
  readonly prediction?: Prediction | undefined;
  /** Why it would become a dead letter, and what it looks like. */
  readonly reason?: string;
}

/** Markers of transactions take offsets, too: up to this many for each message. */
const OFFSETS_FOR_EACH = 3;

/**
 * Reads the last `count` messages of a topic, without joining the group, and classifies the texts that the
 * configuration finds in them. KS_TOPIC_MISSING, KS_BROKER_UNREACHABLE, KS_REGISTRY_UNREACHABLE, and what loading a
 * model can throw.
 */
export async function tryMessages(config: Config, topic: string, count: number): Promise<Tried[]> {
  const tried = await readMessages(config, topic, count);
  const texts = tried.flatMap(({ text }) => (text === undefined ? [] : [text]));
  if (texts.length === 0) return tried;
  const processor = await CascadeProcessor.create(config);
  try {
    const predictions = (await processor.predict(texts)).values();
    return tried.map((each) =>
      each.text === undefined ? each : { ...each, prediction: predictions.next().value },
    );
  } finally {
    await processor.close();
  }
}

/** The same without predictions: no model is loaded. `offsets`: how many are looked at of each partition. */
export async function readMessages(
  whole: Config,
  topic: string,
  count: number,
  offsets = count * OFFSETS_FOR_EACH,
): Promise<Tried[]> {
  const config = forTopic(whole, topic);
  const messages: SourceMessage[] = [];
  await readTail(config, topic, offsets, (message) => messages.push(message));
  messages.sort((a, b) => (a.timestamp ?? 0) - (b.timestamp ?? 0) || a.offset - b.offset);
  const reader = new RequestReader(config);
  const last = messages.slice(-count);
  await fetchSchemas(config, reader, last);
  return last.map((message) => tryOne(config, reader, message));
}

function tryOne({ request }: Config, reader: RequestReader, message: SourceMessage): Tried {
  const { partition, offset } = message;
  const { status, isEncrypted, text, id, timestamp, priority } = reader.read(message);
  if (status === 0) {
    const outcome = isEncrypted ? 'encrypted' : 'text';
    return { partition, offset, outcome, id, timestamp, priority, text };
  }
  if (request.tombstones === 'skip' && reader.isDeletion(message))
    return { partition, offset, outcome: 'passedOver' };
  const reason = [Decoder.describe(status).message, recognize(message, request)].filter(Boolean).join(' ');
  return { partition, offset, outcome: 'deadLetter', reason };
}
