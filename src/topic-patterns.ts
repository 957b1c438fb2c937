/** Request topics are named one by one or by patterns, which begin with "^" and which librdkafka matches. */

/** Kafka's own. */
export const internalTopics: readonly string[] = ['__consumer_offsets', '__transaction_state'];

/**
 * What the extended regular expressions of POSIX, which librdkafka uses, and those of JavaScript read in the same way:
 * the tools and the check for loops must find the topics that the consumers find.
 */
export const COMMON_PATTERN =
  /^\^(?:(?:[A-Za-z0-9._-]|\\\.|\[\^?[A-Za-z0-9._-]+\]|\))(?:[*+?]|\{\d{1,3}(?:,\d{0,3})?\})?|[(|$])*$/;

export function isPattern(entry: string): boolean {
  return entry.startsWith('^');
}

export function namesOnly(entries: readonly string[]): string[] {
  return entries.filter((entry) => !isPattern(entry));
}

/** Whether one of the entries is the topic, or matches it. */
export function coversTopic(entries: readonly string[], topic: string): boolean {
  return entries.some((entry) => (isPattern(entry) ? new RegExp(entry).test(topic) : entry === topic));
}

/** The topics that are named, and those of `existing` that match a pattern. */
export function matchedTopics(entries: readonly string[], existing: readonly string[]): string[] {
  const found = existing.filter((topic) => coversTopic(entries, topic)).sort();
  return [...new Set([...namesOnly(entries), ...found])];
}

/** A pattern that matches this topic only. */
export function patternOf(topic: string): string {
  return `^${topic.replaceAll('.', '\\.')}$`;
}
