import type { Config } from '../config/schema.ts';
import { describeError } from '../errors.ts';
import { checkCluster } from './doctor-cluster.ts';
import { localChecks } from './doctor-local.ts';

/** One finding. `warn` does not fail the whole; `skipped` says why it could not be looked at. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warn' | 'failed' | 'skipped';
  /** What was seen, one line. */
  readonly detail: string;
  /** What to do about it. */
  readonly remedy?: string;
}

/** Throws what is wrong; the finding is then `failed` with the error's sentence and remedy. */
export interface Check {
  readonly name: string;
  run(): Promise<Omit<Finding, 'name'>> | Omit<Finding, 'name'>;
}

export interface DoctorOptions {
  readonly config: Config;
  /** Value of UV_THREADPOOL_SIZE at the start of the process. */
  readonly threadPoolSize: number;
  readonly onFinding?: (finding: Finding) => void;
}

/** Looks at everything the service needs, in order; never rejects. */
export async function examine({ config, threadPoolSize, onFinding }: DoctorOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  const note = (finding: Finding): void => {
    findings.push(finding);
    onFinding?.(finding);
  };
  for (const check of localChecks(config, threadPoolSize)) note(await runCheck(check));
  await checkCluster(config, async (check) => {
    const finding = await runCheck(check);
    note(finding);
    return finding.status !== 'failed';
  });
  return findings;
}

async function runCheck({ name, run }: Check): Promise<Finding> {
  try {
    return { name, ...(await run()) };
  } catch (error) {
    const { message, remedy } = error as { message?: string; remedy?: string };
    return {
      name,
      status: 'failed',
      detail: message ?? describeError(error),
      ...(remedy === undefined ? {} : { remedy }),
    };
  }
}
