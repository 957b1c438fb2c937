import type { Config } from '../config/schema.ts';
import { ok, type Result, warn } from './doctor-finding.ts';
import { readMessages, type Tried } from './try-messages.ts';

/** Of each topic. */
const MESSAGES_MAX = 5;
/** A pattern can match very many. */
const TOPICS_MAX = 20;

/** What would become of the last messages of each request topic. */
export async function lastMessages(config: Config): Promise<Result> {
  const topics = config.kafka.topic.slice(0, TOPICS_MAX);
  const found = new Map<string, readonly Tried[]>();
  for (const topic of topics) found.set(topic, await readMessages(config, topic, MESSAGES_MAX));
  return judgeMessages(found, config.kafka.topic.length - topics.length);
}

/** `unseen`: how many topics were not looked at. */
export function judgeMessages(found: ReadonlyMap<string, readonly Tried[]>, unseen = 0): Result {
  const sentences = [...found].map(([topic, tried]) => sentenceOf(topic, tried));
  const all = [...sentences, ...(unseen > 0 ? [`${unseen} more topics were not looked at.`] : [])].join(' ');
  const failing = [...found].find(([, tried]) => tried.some(isDeadLetter))?.[0];
  if (failing === undefined) return ok(all);
  return warn(
    all,
    `Set what the sentence names, or request.text if the text stands elsewhere (docs/topics.md). "kubesentiment try ` +
      `--topic ${failing} --set …" shows what a setting makes of these messages.`,
  );
}

const isDeadLetter = ({ outcome }: Tried): boolean => outcome === 'deadLetter';

function sentenceOf(topic: string, tried: readonly Tried[]): string {
  const letters = tried.filter(isDeadLetter);
  if (tried.length === 0) return `${topic} has no messages.`;
  if (letters.length === 0) return `${topic}: the last ${tried.length} can be read.`;
  const reasons = [...new Set(letters.map(({ reason }) => reason))].join(' ');
  return `${topic}: of the last ${tried.length}, ${letters.length} would become dead letters. ${reasons}`;
}
