import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KubesentimentError } from '../errors.ts';
import type { PurgePlan } from './purge.ts';

export interface DeleteRecordsTool {
  /** The program; default: Kafka's own, wherever PATH has it. */
  readonly tool?: string;
  /** A file of properties with which it reaches the cluster. */
  readonly commandConfig?: string;
  readonly bootstrapServers: readonly string[];
}

/** As Apache Kafka and as Confluent name it. */
const names = ['kafka-delete-records.sh', 'kafka-delete-records'];
const SAID_MAX = 2_000;

/**
 * Carries a plan out with Kafka's own tool, since node-rdkafka cannot delete records. KS_STATE when there is no such
 * tool, KS_KAFKA_FATAL when it fails; whether records are gone is for the caller to see.
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
      remedy:
        'Name it with --tool, or write the plan with --plan FILE and carry it out where Kafka is installed.',
    });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** False when there is no such program. */
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
