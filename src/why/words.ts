import type { TopicPartition } from '../types.ts';

/** Partitions, topics or brokers that are named in a sentence. */
const NAMED_MAX = 5;
const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });

export function count(value: number): string {
  return whole.format(value);
}

export function percent(share: number): string {
  return `${whole.format(100 * share)} %`;
}

/** `1 message`, `2 messages` */
export function several(value: number, noun: string): string {
  return `${count(value)} ${noun}${value === 1 ? '' : 's'}`;
}

export function milliseconds(value: number): string {
  return value < 10 ? `${value.toFixed(1)} ms` : `${count(value)} ms`;
}

/** Some of them by name, and how many more there are. */
export function list(names: readonly string[]): string {
  if (names.length <= NAMED_MAX) return names.join(', ');
  return `${names.slice(0, NAMED_MAX).join(', ')} and ${names.length - NAMED_MAX} more`;
}

export function nameOf({ topic, partition }: TopicPartition): string {
  return `${topic}/${partition}`;
}
