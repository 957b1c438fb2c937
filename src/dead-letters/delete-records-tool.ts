import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubesentimentError } from '../errors.ts';
import type { PurgePlan } from './purge.ts';

export interface DeleteRecordsTool {
  /** The program. Default: Kafka's own, found in PATH. */
  readonly tool?: string;
  /** A file with client properties for reaching the cluster. */
  readonly commandConfig?: string;
  readonly bootstrapServers: readonly string[];
}

/** As named by Apache Kafka and by Confluent. */
const names = ['kafka-delete-records.sh', 'kafka-delete-records'];
const SAID_MAX = 2_000;

/**
 * Carries out a plan with Kafka's own tool, because node-rdkafka cannot delete records. KS_STATE if the tool is
 * missing, KS_KAFKA_FATAL if it fails. The caller has to check whether the records are gone.
 */
export async function runDeleteRecords(plan: PurgePlan, options: DeleteRecordsTool): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-purge-'));
  try {
    const file = join(folder, 'plan.json');
    writeFileSync(file, JSON.stringify(plan));
    const { tool, commandConfig, bootstrapServers } = options;
    const args = ['--bootstrap-server', bootstrapServers.join(','), '--offset-json-file', file];
    if (commandConfig !== undefined) args.push('--command-config', commandConfig);
    for (const name of tool === undefined ? names : [tool]) if (await runTool(name, args)) return;
    throw new KubesentimentError('KS_STATE', `The program "${tool ?? names[0]}" cannot be found.`, {
      remedy: 'Name it with --tool, or write the plan with --plan FILE and run it where Kafka is installed.',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Resolves with false if there is no such program. */
function runTool(name: string, args: readonly string[]): Promise<boolean> {
  return new Promise((resolve, reject) => {
    if (name === '') return resolve(false);
    const child = spawn(name, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    const hear = (text: Buffer): void => {
      said = (said + text).slice(-SAID_MAX);
    };
    child.stdout.on('data', hear);
    child.stderr.on('data', hear);
    child.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') resolve(false);
      else reject(failed(name, error.code ?? 'unknown reason', error));
    });
    child.on('close', (code) => {
      if (code === 0) resolve(true);
      else if (code !== null && code >= 0) reject(failed(name, `exit code ${code}: ${said.trim()}`));
    });
  });
}

function failed(name: string, reason: string, cause?: unknown): KubesentimentError {
  return new KubesentimentError('KS_KAFKA_FATAL', `${name} failed (${reason}).`, { cause });
}
