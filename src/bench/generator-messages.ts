import type { ErrorCode } from '../errors.ts';

/** What the generator is told. */
export type ToGenerator =
  | {
      readonly kind: 'setup';
      readonly properties: Readonly<Record<string, string | number | boolean>>;
      /** All that must be there before anybody reads them. */
      readonly topics: readonly string[];
      /** A style of texts, or a file. */
      readonly payload: string;
      readonly lingerMs: number;
    }
  | { readonly kind: 'send'; readonly task: SendTask }
  /** How many came out, and how many more may be under way. */
  | { readonly kind: 'visible'; readonly count: number; readonly aheadMax: number }
  | { readonly kind: 'end' };

export interface SendTask {
  readonly topic: string;
  /** Ids are this and the number of the message, from 0. */
  readonly idPrefix: string;
  /** undefined: as fast as it goes. */
  readonly ratePerS: number | undefined;
  readonly durationMs: number;
  /** As fast as it goes, but only as far ahead of what came out as the parent says. */
  readonly keepsBack: boolean;
}

/** What the generator says. */
export type FromGenerator =
  | { readonly kind: 'ready' }
  | { readonly kind: 'sent'; readonly count: number }
  | { readonly kind: 'done'; readonly report: SendReport }
  | { readonly kind: 'failed'; readonly code: ErrorCode; readonly sentence: string };

export interface SendReport {
  readonly sent: number;
  /** Milliseconds since 1970. */
  readonly startedAtMs: number;
  /** Until the broker had acknowledged the last one. */
  readonly seconds: number;
  /** How long after it was due a message left. */
  readonly lateP99Ms: number;
  readonly lateMaxMs: number;
  readonly cpuSeconds: number;
}
