import type { ErrorCode } from '../errors.ts';

/** Messages to the generator. */
export type ToGenerator =
  | {
      readonly kind: 'setup';
      readonly properties: Readonly<Record<string, string | number | boolean>>;
      /** Sends all messages before anyone reads them. */
      readonly topics: readonly string[];
      /** A style of texts, or a file. */
      readonly payload: string;
      readonly lingerMs: number;
    }
  | { readonly kind: 'send'; readonly task: SendTask }
  /** How many results came out, and how many more messages may be in flight. */
  | { readonly kind: 'visible'; readonly count: number; readonly aheadMax: number }
  | { readonly kind: 'end' };

export interface SendTask {
  readonly topic: string;
  /** Ids consist of this and the number of the message, from 0. */
  readonly idPrefix: string;
  /** undefined: as fast as possible. */
  readonly ratePerS: number | undefined;
  readonly durationMs: number;
  /** As fast as possible, but only as far ahead of the results as the parent allows. */
  readonly keepsBack: boolean;
}

/** Messages from the generator. */
export type FromGenerator =
  | { readonly kind: 'ready' }
  | { readonly kind: 'sent'; readonly count: number }
  | { readonly kind: 'done'; readonly report: SendReport }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly sentence: string };

export interface SendReport {
  readonly sent: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** Until the broker acknowledged the last one. */
  readonly seconds: number;
  /** How long after it was due a message was sent. */
  readonly lateP99Ms: number;
  readonly lateMaxMs: number;
  readonly cpuSeconds: number;
}
