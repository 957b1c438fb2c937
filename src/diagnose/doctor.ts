import type { Config } from '../config/schema.ts';
import { describeError } from '../errors.ts';
import { checkCluster } from './doctor-cluster.ts';
import type { Check, Finding } from './doctor-finding.ts';
import { localChecks } from './doctor-local.ts';
import { productionLocalChecks } from './production-local.ts';

export interface DoctorOptions {
  readonly config: Config;
  /** Warnings from loading the configuration. */
  readonly configWarnings?: readonly string[];
  /** UV_THREADPOOL_SIZE when the process started. */
  readonly threadPoolSize: number;
  /** Run the production checklist as well. */
  readonly production?: boolean;
  readonly onFinding?: (finding: Finding) => void;
}

/** Checks everything the service needs, in order. Never rejects. */
export async function examine({
  config,
  configWarnings = [],
  threadPoolSize,
  production = false,
  onFinding,
}: DoctorOptions): Promise<Finding[]> {
  const findings: Finding[] = [];
  const note = (finding: Finding): void => {
    findings.push(finding);
    onFinding?.(finding);
  };
  for (const detail of configWarnings) note({ name: 'configuration', status: 'warn', detail });
  const local = production ? productionLocalChecks(config, threadPoolSize) : [];
  for (const check of [...localChecks(config, threadPoolSize), ...local]) note(await runCheck(check));
  await checkCluster(config, production, async (check) => {
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
