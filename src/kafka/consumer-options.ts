import type { RebalanceListener } from '../clients.ts';
import type { KubesentimentError } from '../errors.ts';
import type { Pauses } from '../pauses.ts';
import type { GroupPositions } from './group-positions.ts';
import type { StartPolicy } from './start-positions.ts';

export interface ConsumerOptions {
  readonly index: number;
  /** A poll may keep a thread of libuv's pool waiting. */
  readonly mayWait: boolean;
  /** Names and patterns. */
  readonly topics: readonly string[];
  /** Its topics are retry topics. */
  readonly readsRetries?: boolean;
  readonly properties: Record<string, string | number | boolean>;
  readonly topicProperties: Record<string, string | number | boolean>;
  /** Offsets are only handed to librdkafka, which commits them from time to time (`enable_auto_commit`). */
  readonly commitsItself: boolean;
  readonly listener: RebalanceListener;
  /** Shared by the consumers of a process. */
  readonly positions: GroupPositions;
  /** Where a partition starts without a committed offset. */
  readonly startPolicy: StartPolicy;
  /** What an operator has paused stays so, whoever held it meanwhile. */
  readonly pauses?: Pauses | undefined;
  readonly onWarning: (error: KubesentimentError) => void;
  readonly connectTimeoutMs: number;
}
