import type { Command } from 'commander';
import { type Difference, differences } from '../config/difference.ts';
import type { LoadedConfig } from '../config/load.ts';
import { configAsJson } from '../config/print.ts';
import { configKeys, type KeyName } from '../config/schema.ts';
import type { Sections } from '../config/sections.ts';
import { KubesentimentError } from '../errors.ts';
import {
  type CommonOptions,
  type Done,
  print,
  printable,
  printJson,
  withCommonOptions,
  withExamples,
} from './common.ts';
import { sentenceOf } from './config-reload.ts';
import { exitCodesText } from './exit-codes.ts';
import { askService } from './running-service.ts';
import { loadSettings } from './settings.ts';

interface DiffOptions extends CommonOptions {
  readonly url?: string;
  readonly json?: boolean;
}

/** Adds `config diff`. */
export function registerConfigDiffCommand(config: Command, done: Done): void {
  const command = withCommonOptions(config.command('diff'))
    .summary('say what another configuration would change, and what of it needs a restart')
    .description(
      'say what another configuration would change, and what of it needs a restart. Compares the configuration that ' +
        '--config, the environment and --set give with the same after another file, or what a running service uses ' +
        'with either of them. Exit code 0: the same, 1: different, 2: it could not be compared',
    )
    .argument('[other]', 'another configuration file (YAML), in the place of --config')
    .option('--url <url>', 'compare with what the service at this address uses; needs http.token')
    .option('--json', 'print JSON')
    .action(async (other: string | undefined, options: DiffOptions) => done(await runDiff(other, options)));
  withExamples(
    command,
    'kubesentiment config diff new.yaml --config configs/kafka.yaml',
    'kubesentiment config diff --config configs/kafka.yaml --url http://10.0.0.7:8000',
  ).addHelpText('after', exitCodesText('config diff'));
}

async function runDiff(other: string | undefined, options: DiffOptions): Promise<number> {
  const given = loadSettings(options, process.env);
  const to = other === undefined ? given : loadSettings({ ...options, config: other }, process.env);
  const found =
    options.url === undefined ? fromFiles(given, other, to) : await fromService(options.url, given, to);
  if (options.json) printJson(found);
  else for (const line of linesOf(found)) print(printable(line));
  return found.length === 0 ? 0 : 1;
}

function fromFiles(given: LoadedConfig, other: string | undefined, to: LoadedConfig): Difference[] {
  if (other === undefined) {
    throw new KubesentimentError('KS_USAGE', 'There is nothing to compare the configuration with.', {
      remedy: 'Name another file, or a running service with --url.',
    });
  }
  return differences(given.config, to.config);
}

/** Secrets are hidden on both sides, so only whether they are set is compared. */
async function fromService(url: string, given: LoadedConfig, to: LoadedConfig): Promise<Difference[]> {
  const from = (await inUse(`${url}/api/v1/config`, given.config.http.token)) as Sections;
  const isOfMachine = (key: KeyName): boolean =>
    configKeys.get(key)?.facts.defaultText !== undefined && to.origins.get(key) === 'default';
  const shown = JSON.parse(JSON.stringify(configAsJson(to))) as Sections; // as the service shows its own
  return differences(from, shown).filter(({ key }) => !isOfMachine(key));
}

/** A service that cannot be asked is trouble, not a difference. */
async function inUse(url: string, token: string | undefined): Promise<unknown> {
  try {
    return await askService(url, { method: 'GET', token });
  } catch (error) {
    if (!(error instanceof KubesentimentError)) throw error;
    const { message, remedy } = error;
    throw new KubesentimentError('KS_USAGE', message, {
      cause: error,
      ...(remedy !== undefined && { remedy }),
    });
  }
}

function linesOf(found: readonly Difference[]): string[] {
  if (found.length === 0) return ['No differences.'];
  return found.map(
    (each) => `${each.while_running ? 'while running:   ' : 'needs a restart: '} ${sentenceOf(each)}`,
  );
}
