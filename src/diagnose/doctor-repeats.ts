import type { Config } from '../config/schema.ts';
import { ok, type Result } from './doctor-finding.ts';
import { readMessages } from './try-messages.ts';

/** Messages that are looked at, of all topics together. */
const SAMPLE_MAX = 2_000;
const TOPICS_MAX = 20;
/** Fewer texts tell nothing. */
const TEXTS_MIN = 100;
/** Below this share a cache is not worth its memory. */
const WORTHWHILE_SHARE = 0.1;

/**
 * How many of the last texts had come before among them: what `model.cache_bytes` answers without the model. At least
 * that much, since a cache remembers more texts than are looked at here.
 */
export async function repeatedTexts(
  config: Config,
  partitionsOf: (topic: string) => Promise<number>,
): Promise<Result> {
  const topics = config.kafka.topic.slice(0, TOPICS_MAX);
  const count = Math.ceil(SAMPLE_MAX / topics.length);
  const texts: string[] = [];
  for (const topic of topics) {
    const fromEach = Math.ceil(count / Math.max(1, await partitionsOf(topic)));
    const found = await readMessages(config, topic, count, fromEach);
    texts.push(...found.flatMap(({ text }) => (text === undefined ? [] : [text])));
  }
  return judgeRepeats(texts, config.model.cache_bytes > 0);
}

/** `texts`: in the order in which they came. */
export function judgeRepeats(texts: readonly string[], isOn: boolean): Result {
  if (texts.length < TEXTS_MIN) return ok(`only ${texts.length} texts to look at: too few to tell`);
  const share = 1 - new Set(texts).size / texts.length;
  const found = `of the last ${texts.length} texts, ${(100 * share).toFixed(1)} % had come before among them`;
  if (isOn) return ok(`${found}; model.cache_bytes answers at least so many without the model`);
  if (share < WORTHWHILE_SHARE) return ok(`${found}; model.cache_bytes (off) would gain little`);
  return ok(`${found}; model.cache_bytes (off) would answer at least so many without the model`);
}
