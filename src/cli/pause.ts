import type { Command } from 'commander';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import type { TopicPartition } from '../types.ts';
import {
  type CommonOptions,
  type Done,
  index,
  print,
  printable,
  printJson,
  withExamples,
  withSettings,
} from './common.ts';
import { loadSettings } from './settings.ts';

interface PauseOptions extends CommonOptions {
  readonly url?: string;
  readonly topic?: string;
  readonly partition?: number;
  readonly json?: boolean;
}

const TIMEOUT_MS = 10_000;
const anyAddress: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Adds `pause` and `resume`, which ask a running service over HTTP. */
export function registerPauseCommands(program: Command, done: Done): void {
  const add = (what: 'pause' | 'resume', summary: string, description: string): void => {
    const command = withSettings(program.command(what))
      .summary(summary)
      .description(description)
      .option('-t, --topic <topic>', 'only this topic')
      .option('--partition <n>', 'only this partition', index)
      .option('--url <url>', 'address of the service (default: http.host and http.port of the configuration)')
      .option('--json', 'print JSON')
      .action(async (options: PauseOptions) => done(await ask(what, options)));
    withExamples(
      command,
      `kubesentiment ${what}`,
      `kubesentiment ${what} --partition 3 --url http://10.0.0.7:8000`,
    );
  };
  add(
    'pause',
    'let a running service take no more messages',
    'let a running service take no more messages, of all or of some partitions. What it has taken is finished and ' +
      'committed, and it keeps its partitions, until "resume" or a restart. Needs http.token; reaches one process',
  );
  add('resume', 'let it go on', 'let a running service go on after "pause"');
}

async function ask(what: 'pause' | 'resume', options: PauseOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const { topic, partition } = options;
  const body = { ...(topic !== undefined && { topic }), ...(partition !== undefined && { partition }) };
  const url = `${options.url ?? urlOf(config)}/api/v1/consumer/${what}`;
  const answer = (await post(url, config.http.token, body)) as { paused: readonly TopicPartition[] };
  if (options.json) printJson(answer);
  else if (answer.paused.length === 0) print('Nothing is paused.');
  else {
    const names = answer.paused.map((place) => `${place.topic}/${place.partition}`);
    print(printable(`Paused: ${names.join(', ')}`));
  }
  return 0;
}

function urlOf({ http: { host, port } }: Config): string {
  const name = anyAddress.has(host) ? '127.0.0.1' : host;
  return `http://${name.includes(':') ? `[${name}]` : name}:${port}`;
}

/** KS_STATE if the service does not answer, or refuses. */
async function post(url: string, token: string | undefined, body: object): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  } catch (cause) {
    throw new KubesentimentError('KS_STATE', `No service answers at ${url}.`, {
      remedy: 'Check http.host and http.port, or name its address with --url.',
      cause,
    });
  }
  const answer = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  if (response.ok) return answer;
  throw new KubesentimentError(
    'KS_STATE',
    `${url} answers with ${response.status}. ${answer.error?.message ?? ''}`.trim(),
  );
}
