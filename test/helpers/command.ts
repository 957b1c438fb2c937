/** Runs commands the way a user does, on their own topics. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { sharedBroker, uniqueName } from './kafka-broker.ts';
import { root } from './paths.ts';
import type { Settings } from './service-process.ts';
import { topicSettings, uniqueTopics } from './topics.ts';

export interface Outcome {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  // biome-ignore lint/suspicious/noExplicitAny: the answer is what the test checks.
  readonly json: any;
}

/** Topic and group names that nobody else uses; the topics are not created. */
export async function workplace() {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  const settings: Settings = {
    'kafka.bootstrap_servers': bootstrap,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'kafka.consumer_threads': 2,
    'kafka.auto_offset_reset': 'earliest',
    'kafka.dlq_stop_ratio': 0,
    'model.path': 'models/accurate',
  };
  const createAll = async (): Promise<void> => {
    for (const topic of Object.values(topics)) await createTopic(topic, 2);
  };
  return { bootstrap, topics, settings, createAll, command: commandWith(settings) };
}

/** Program and arguments of a command with these settings. */
export function commandLine(settings: Settings, ...args: string[]): string[] {
  const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  return [process.execPath, join(root, 'bin/kubesentiment.cjs'), ...args, ...set];
}

export function commandWith(settings: Settings) {
  return (...args: string[]): Promise<Outcome> =>
    new Promise((resolve) => {
      const [program, ...rest] = commandLine(settings, ...args) as [string, ...string[]];
      const child = execFile(program, rest, { cwd: root, timeout: 120_000 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : Number(error.code);
        resolve({
          code,
          stdout,
          stderr,
          get json() {
            return JSON.parse(stdout);
          },
        });
      });
      child.stdin?.end();
    });
}

export function temporaryFile(t: TestContext, name: string, content?: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-commands-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const file = join(folder, name);
  if (content !== undefined) writeFileSync(file, content);
  return file;
}
