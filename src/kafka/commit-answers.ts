import type { TopicPartitionOffset } from '../types.ts';
import { KubesentimentError } from '../errors.ts';
import { rdkafka, rdkafkaCode } from './codes.ts';
import { fromRdkafka } from './errors.ts';

/**
 * librdkafka answers a commit of offsets by a callback that says which offsets, and not which call. It can come late,
 * when the same offsets or later ones have been sent again, or never.
 */
export class CommitAnswers {
  #awaited: readonly TopicPartitionOffset[] = [];
  #settle: (error: unknown) => void = () => undefined;

  /** The answer for these offsets; nobody waits for an earlier one any more. */
  of(offsets: readonly TopicPartitionOffset[]): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      this.#awaited = offsets;
      this.#settle = (error) => (error ? reject(commitFailure(error)) : resolve());
    });
  }

  add(error: unknown, offsets: readonly TopicPartitionOffset[]): void {
    if (isSame(this.#awaited, offsets)) this.#settle(error);
  }
}

/**
 * Why a commit of offsets failed. Whatever it is, the commit may be repeated; only a client that says it cannot go on
 * is the end.
 */
export function commitFailure(error: unknown): KubesentimentError {
  if (error instanceof KubesentimentError) return error;
  const known = fromRdkafka(error, 'Committing offsets');
  if (known.code !== 'KS_KAFKA_FATAL' || rdkafkaCode(error) === rdkafka.fatal) return known;
  return new KubesentimentError('KS_KAFKA_RETRIABLE', known.message, { cause: error });
}

function isSame(a: readonly TopicPartitionOffset[], b: readonly TopicPartitionOffset[]): boolean {
  const has = (one: TopicPartitionOffset): boolean =>
    b.some(
      (other) =>
        other.topic === one.topic && other.partition === one.partition && other.offset === one.offset,
    );
  return a.length === b.length && a.every(has);
}
