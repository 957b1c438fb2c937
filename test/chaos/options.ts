import type { Origins } from './check.ts';
import type { Command } from './command.ts';
import type { DataKind } from './data.ts';
import type { LossyNetwork } from './lossy-network.ts';
import type { FaultKind, Plan } from './plan.ts';

export interface ChaosOptions {
  readonly records: number;
  readonly seed: number;
  /** Over how long the requests are sent. */
  readonly minutes: number;
  /** Default: ten a minute. In any case at least one of each kind. */
  readonly faults?: number;
  /** Folder of the product to be tried. */
  readonly product: string;
  /** Settings of every member. */
  readonly settings?: Readonly<Record<string, string | number | boolean>>;
  readonly brokers: 1 | 3;
  readonly delivery?: 'exactly_once' | 'at_least_once';
  /** Delays of `kafka.retry_topics`: a model fails on some texts, which wait in topics and then become dead letters. */
  readonly retryTopics?: readonly string[] | undefined;
  /** Models that come and go, with a cascade, a cache and a shadow for some members, in plain JSON. Default: false. */
  readonly hasModels?: boolean | undefined;
  /** Another program in place of ours. */
  readonly command?: Command | undefined;
  readonly origins?: Origins | undefined;
  /** What requests and results look like. Default: plain JSON. */
  readonly data?: DataKind | undefined;
  /** false: there is no such topic. Default true. */
  readonly hasDeadLetters?: boolean;
  /** How many run at the start. Default 3. */
  readonly members?: number;
  /** Kinds of faults that are left out of the plan. */
  readonly without?: readonly FaultKind[];
  /** Instead of the plan of the seed. */
  readonly plan?: Plan;
  /** Faults to choose from. Default: all that are possible here. */
  readonly kinds?: readonly FaultKind[];
  /** Without it no packets can be lost. */
  readonly network?: LossyNetwork | undefined;
  /** Of the brokers. Default: the newest that they know. */
  readonly transactionVersion?: number | undefined;
  /** After a run that fails, what tells why stays beside the logs of the members: see `evidence.ts`. */
  readonly keepsEvidence?: boolean;
  readonly print: (line: string) => void;
}
