/**
 * Every error that leaves this package: one class and a closed table of codes. The codes are part of the interface, and
 * scripts and alerts match on them; the sentences are for people and may change.
 */

interface ErrorEntry {
  /** Whether trying the same thing again later can succeed. */
  readonly retryable: boolean;
  /** Exit code of a command that ends with this error: 1 failed, 2 wrong usage or configuration. */
  readonly exitCode: 1 | 2;
}

const failed: ErrorEntry = { retryable: false, exitCode: 1 };
const transient: ErrorEntry = { retryable: true, exitCode: 1 };
const misuse: ErrorEntry = { retryable: false, exitCode: 2 };

export const errorCodes = {
  KS_CONFIG_INVALID: misuse,
  KS_USAGE: misuse,
  KS_ADDON_MISSING: failed,
  KS_ADDON_MISUSE: failed,
  KS_KEYRING_INVALID: misuse,
  KS_DECRYPT_FAILED: failed,
  KS_CLIENT_MISSING: failed,
  KS_CLIENT_UNPATCHED: misuse,
  KS_PYTHON_MISSING: failed,
  KS_MODEL_NOT_FOUND: misuse,
  KS_MODEL_INVALID: misuse,
  KS_MODEL_UNSUPPORTED: misuse,
  KS_INFERENCE_FAILED: transient,
  KS_INFERENCE_TIMEOUT: transient,
  KS_BROKER_UNREACHABLE: transient,
  KS_REGISTRY_UNREACHABLE: transient,
  KS_SCHEMA_REFUSED: failed,
  KS_TOPIC_MISSING: failed,
  KS_NOT_AUTHORIZED: failed,
  KS_KAFKA_RETRIABLE: transient,
  KS_KAFKA_ABORTABLE: transient,
  KS_MEMBER_FENCED: transient,
  KS_RECORD_TOO_LARGE: transient,
  KS_RECORD_REFUSED: transient,
  KS_BATCH_UNREADABLE: failed,
  KS_PRODUCER_EXPIRED: transient,
  KS_PRODUCER_FENCED: failed,
  KS_KAFKA_FATAL: failed,
  KS_DEAD_LETTER_FLOOD: failed,
  KS_DRAIN_TIMEOUT: failed,
  KS_HTTP_LISTEN: failed,
  KS_LOCAL_BROKER: failed,
  KS_STATE: failed,
  KS_INTERNAL: failed,
} as const satisfies Record<string, ErrorEntry>;

export type ErrorCode = keyof typeof errorCodes;

export interface ErrorOptions {
  /** What the user can do about it, in one sentence. */
  readonly remedy?: string;
  readonly cause?: unknown;
  /** The topic that has refused a record, where that is known. */
  readonly topic?: string | undefined;
}

/** `message` says what is wrong, `remedy` what to do about it; neither quotes a text, a key or a secret. */
export class KubesentimentError extends Error {
  readonly code: ErrorCode;
  readonly remedy: string | undefined;
  readonly topic: string | undefined;

  constructor(code: ErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = 'KubesentimentError';
    this.code = code;
    this.remedy = options.remedy;
    this.topic = options.topic;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }

  get exitCode(): 1 | 2 {
    return errorCodes[this.code].exitCode;
  }
}

/** Message and remedy of any thrown value, for a log line or a terminal. */
export function describeError(error: unknown): string {
  if (error instanceof KubesentimentError) {
    return error.remedy === undefined ? error.message : `${error.message} ${error.remedy}`;
  }
  return error instanceof Error ? error.message : String(error);
}

/** For broken invariants. The process must stop, and nothing may be committed afterwards. */
export function bug(message: string): KubesentimentError {
  return new KubesentimentError('KS_INTERNAL', `${message} This is a bug in kubesentiment.`);
}
