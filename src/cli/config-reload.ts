import type { Command } from 'commander';
import {
  type CommonOptions,
  type Done,
  print,
  printable,
  printJson,
  terminalJson,
  withExamples,
  withSettings,
} from './common.ts';
import { askForReload } from './running-service.ts';

interface ReloadOptions extends CommonOptions {
  readonly url?: string;
  readonly json?: boolean;
}

interface Change {
  readonly key: string;
  readonly from: unknown;
  readonly to: unknown;
}

type Answer =
  | { readonly outcome: 'loading' }
  | {
      readonly outcome: 'reloaded';
      readonly changed: readonly Change[];
      readonly needs_restart: readonly Change[];
    };

/** Adds `config reload`, which asks a running service over HTTP. */
export function registerConfigReloadCommand(config: Command, done: Done): void {
  const command = withSettings(config.command('reload'))
    .summary('let a running service read its configuration again')
    .description(
      'let a running service read its own file again and use what can change while running. What needs a restart is ' +
        'named and left as it was; if anything is wrong, nothing changes. Needs http.token; reaches one process',
    )
    .option('--url <url>', 'address of the service (default: http.host and http.port of the configuration)')
    .option('--json', 'print JSON')
    .action(async (options: ReloadOptions) => done(await runReload(options)));
  withExamples(
    command,
    'kubesentiment config reload --config configs/kafka.yaml',
    'kubesentiment config reload --url http://10.0.0.7:8000',
  );
}

async function runReload(options: ReloadOptions): Promise<number> {
  const answer = (await askForReload('config', options)) as Answer;
  if (options.json) printJson(answer);
  else for (const line of linesOf(answer)) print(printable(line));
  return 0;
}

function linesOf(answer: Answer): string[] {
  if (answer.outcome === 'loading')
    return ['The model is still being loaded; the log of the service will tell.'];
  const { changed, needs_restart: needsRestart } = answer;
  if (changed.length + needsRestart.length === 0) return ['Nothing has changed.'];
  return [
    ...changed.map((change) => `used from now on: ${sentenceOf(change)}`),
    ...needsRestart.map((change) => `needs a restart:  ${sentenceOf(change)}`),
  ];
}

/** `kafka.dlq_stop_ratio: 0.5 -> 0.9` */
export function sentenceOf({ key, from, to }: Change): string {
  const shown = (value: unknown): string => (value === null ? '(not set)' : terminalJson(value));
  return `${key}: ${shown(from)} -> ${shown(to)}`;
}
