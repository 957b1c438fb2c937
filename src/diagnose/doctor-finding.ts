/** One finding. `warn` does not fail the whole run; `skipped` says why the check did not run. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'failed' | 'skipped';
  /** What was found, on one line. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

export type Result = Omit<Finding, 'name'>;

/** An error that is thrown becomes a finding too: `failed`, with the message and the remedy of the error. */
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
