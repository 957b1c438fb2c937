import type { Command } from 'commander';
import {
  type CommonOptions,
  type Done,
  print,
  printable,
  printJson,
  withExamples,
  withSettings,
} from './common.ts';
import { askForReload } from './running-service.ts';

interface ReloadOptions extends CommonOptions {
  readonly url?: string;
  readonly json?: boolean;
}

export type Answer =
  | { readonly outcome: 'loading' }
  | {
      readonly outcome: 'reloaded' | 'unchanged';
      readonly model: string;
      readonly model_version: string;
      readonly previous_version: string;
    };

/** Adds `model reload`, which asks a running service over HTTP. */
export function registerReloadCommand(model: Command, done: Done): void {
  const command = withSettings(model.command('reload'))
    .summary('let a running service take up its changed model directory')
    .description(
      'let a running service take up its changed model directory, while messages go on. A model that cannot be used ' +
        'is refused with the reason, and the old one goes on. Needs http.token; reaches one process',
    )
    .option('--url <url>', 'address of the service (default: http.host and http.port of the configuration)')
    .option('--json', 'print JSON')
    .action(async (options: ReloadOptions) => done(await runReload(options)));
  withExamples(
    command,
    'kubesentiment model reload',
    'kubesentiment model reload --url http://10.0.0.7:8000',
  );
}

async function runReload(options: ReloadOptions): Promise<number> {
  const answer = (await askForReload('model', options)) as Answer;
  if (options.json) printJson(answer);
  else print(printable(sentenceOf(answer)));
  return 0;
}

export function sentenceOf(answer: Answer): string {
  if (answer.outcome === 'loading')
    return 'The model is still being loaded; the log of the service will tell.';
  const { outcome, model, model_version: version, previous_version: previous } = answer;
  return outcome === 'unchanged'
    ? `Nothing to reload: ${model}, version ${version}, is in use.`
    : `New messages go to ${model}, version ${version}; it was ${previous}.`;
}
