import { userInfo } from 'node:os';
import type { Config } from '../config/schema.ts';
import { createLogger } from '../log.ts';

/** Who has changed what in the cluster belongs in the same place as the log of the service. */
export function auditChange(config: Config, action: string, changes: readonly string[]): void {
  createLogger({ ...config.logging, level: 'info' }).info('cluster_changed', {
    action,
    changes: [...changes],
    user: userInfo().username,
  });
}
