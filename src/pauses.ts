import type { TopicPartition } from './types.ts';

/** All partitions, those of a topic, or one of them. */
export interface PauseSelection {
  readonly topic?: string | undefined;
  readonly partition?: number | undefined;
}

interface Rule {
  readonly selection: PauseSelection;
  readonly isPaused: boolean;
}

/**
 * What an operator has paused in this process, whoever holds the partitions at the moment: one that is given away and
 * comes back is still paused. The last word about a partition counts.
 */
export class Pauses {
  #rules: Rule[] = [];

  pause(selection: PauseSelection): void {
    this.#add({ selection, isPaused: true });
  }

  resume(selection: PauseSelection): void {
    this.#add({ selection, isPaused: false });
    if (!this.#rules.some(({ isPaused }) => isPaused)) this.#rules = [];
  }

  has(place: TopicPartition): boolean {
    return this.#rules.findLast(({ selection }) => covers(selection, place))?.isPaused === true;
  }

  /** Earlier words about the same partitions, or fewer of them, count no more: the list stays short. */
  #add(rule: Rule): void {
    this.#rules = this.#rules.filter(({ selection }) => !includes(rule.selection, selection));
    this.#rules.push(rule);
  }
}

export function covers({ topic, partition }: PauseSelection, place: TopicPartition): boolean {
  return (
    (topic === undefined || topic === place.topic) &&
    (partition === undefined || partition === place.partition)
  );
}

function includes(wide: PauseSelection, narrow: PauseSelection): boolean {
  return (
    (wide.topic === undefined || wide.topic === narrow.topic) &&
    (wide.partition === undefined || wide.partition === narrow.partition)
  );
}
