import { KubesentimentError } from '../errors.ts';
import type { ConsumerControl } from '../http/service-view.ts';
import type { Logger } from '../log.ts';
import { covers, type Pauses, type PauseSelection } from '../pauses.ts';
import type { Session } from '../session/session.ts';
import { coversTopic, namesOnly } from '../topic-patterns.ts';
import type { TopicPartition } from '../types.ts';

export interface PauseControlOptions {
  readonly pauses: Pauses;
  /** What the group reads: names and patterns. */
  readonly topics: readonly string[];
  /** Those of them that others write. Default: all. */
  readonly requests?: readonly string[];
  readonly session: () => Session | undefined;
  readonly logger: Logger;
}

/**
 * Pauses and resumes partitions while the service runs. What has been taken is finished and committed, and the process
 * stays a member of the group.
 */
export class PauseControl implements ConsumerControl {
  readonly #options: PauseControlOptions;

  constructor(options: PauseControlOptions) {
    this.#options = options;
  }

  pause(selection: PauseSelection): readonly TopicPartition[] {
    return this.#change('pause', selection);
  }

  resume(selection: PauseSelection): readonly TopicPartition[] {
    return this.#change('resume', selection);
  }

  /** Those of the partitions held here. */
  paused(): readonly TopicPartition[] {
    const { pauses, session } = this.#options;
    return [...(session()?.assignments.ledgers() ?? [])]
      .filter((ledger) => ledger.isOurs && !ledger.isSuperseded && pauses.has(ledger))
      .map(({ topic, partition }) => ({ topic, partition }));
  }

  #change(what: 'pause' | 'resume', selection: PauseSelection): readonly TopicPartition[] {
    const { pauses, logger } = this.#options;
    this.#check(selection);
    pauses[what](selection);
    this.#apply(selection, what);
    const paused = this.paused();
    const { topic, partition } = selection;
    const fields = { topic, partition, paused: paused.length };
    if (what === 'pause') logger.warn('consumer_paused', fields);
    else logger.info('consumer_resumed', fields);
    return paused;
  }

  #apply(selection: PauseSelection, what: 'pause' | 'resume'): void {
    const session = this.#options.session();
    for (const consumer of session?.consumers ?? []) {
      const meant = session?.assignments.of(consumer).filter((ledger) => covers(selection, ledger)) ?? [];
      consumer[what](meant.filter(({ isSuperseded }) => !isSuperseded));
    }
  }

  /** KS_STATE where the service has stopped taking messages by itself, KS_USAGE for what it does not read. */
  #check({ topic, partition }: PauseSelection): void {
    const { topics, requests = topics, session } = this.#options;
    const stopped = session()?.stopReason;
    if (stopped !== undefined) {
      throw new KubesentimentError('KS_STATE', `The consumer has stopped. ${stopped}`, {
        remedy: 'Find the cause, then restart it.',
      });
    }
    if (topic !== undefined && !coversTopic(topics, topic)) {
      throw new KubesentimentError('KS_USAGE', `The service does not read the topic "${topic}".`);
    }
    const isOne = requests.length === 1 && namesOnly(requests).length === 1;
    if (partition !== undefined && topic === undefined && !isOne) {
      throw new KubesentimentError(
        'KS_USAGE',
        'The service reads several topics: name one with the partition.',
      );
    }
  }
}
