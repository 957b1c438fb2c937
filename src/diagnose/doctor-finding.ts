/** One finding. `warn` does not fail the whole; `skipped` says why it could not be looked at. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'failed' | 'skipped';
  /** What was seen, one line. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export type Result = Omit<Finding, 'name'>;

/** What it throws is a finding too: `failed`, with the sentence and the remedy of the error. */
export interface Check {
  readonly name: string;
  run(): Promise<Result> | Result;
}

export function ok(detail: string): Result {
  return { status: 'ok', detail };
}

export function warn(detail: string, remedy: string): Result {
  return { status: 'warn', detail, remedy };
}

export function failed(detail: string, remedy: string): Result {
  return { status: 'failed', detail, remedy };
}

export function skipped(detail: string): Result {
  return { status: 'skipped', detail };
}
