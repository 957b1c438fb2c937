import { type Command, InvalidArgumentError } from 'commander';
import { grantOurs, rightsOf } from '../cluster/rights.ts';
import { lookUpTopics } from '../cluster/matched-topics.ts';
import type { Right } from '../kafka/create-acls.ts';
import { auditChange } from './audit.ts';
import {
  type CommonOptions,
  type Done,
  print,
  printableLines,
  printJson,
  table,
  withExamples,
  withSettings,
} from './common.ts';
import { loadSettings } from './settings.ts';

interface ShowOptions extends CommonOptions {
  readonly json?: boolean;
}

interface GrantOptions extends ShowOptions {
  readonly to: string;
}

/** Adds `rights show|grant`. */
export function registerRightsCommand(program: Command, done: Done): void {
  const rights = program
    .command('rights')
    .description('show and grant what the user of a service may do in Kafka');
  const show = withSettings(rights.command('show'))
    .description('show which rights the user of the service needs with this configuration')
    .option('--json', 'print JSON')
    .action(async (options: ShowOptions) => done(await runShow(options)));
  withExamples(show, 'kubesentiment rights show --config FILE');

  const grant = withSettings(rights.command('grant'))
    .summary('grant those rights to a user')
    .description(
      'grant those rights to a user, from any address; what it may do already stays. The login of the configuration ' +
        'must be allowed to alter the cluster. A running service goes on by itself',
    )
    .requiredOption('--to <principal>', 'who gets them: User:NAME', parsePrincipal)
    .option('--json', 'print JSON')
    .action(async (options: GrantOptions) => done(await runGrant(options)));
  withExamples(grant, 'kubesentiment rights grant --to User:alice --config admin.yaml');
}

function parsePrincipal(text: string): string {
  if (/^[A-Za-z]+:.+$/.test(text)) return text;
  throw new InvalidArgumentError('Must be a principal of Kafka, such as User:alice or User:CN=alice.');
}

async function runShow(options: ShowOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const rights = rightsOf(await lookUpTopics(config));
  if (options.json) printJson({ rights });
  else print(printableLines(tableOf(rights)));
  return 0;
}

async function runGrant(options: GrantOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const { to } = options;
  const rights = await grantOurs(config, to);
  const texts = rights.map(({ operation, resource, name }) => `${to}: ${operation} ${resource} ${name}`);
  auditChange(config, 'rights grant', texts);
  if (options.json) printJson({ to, rights });
  else print(printableLines(`${tableOf(rights)}\nGranted to ${to}.`));
  return 0;
}

function tableOf(rights: readonly Right[]): string {
  const rows = rights.map(({ resource, match, name, operation }) => [operation, resource, match, name]);
  return table(['right', 'on', 'match', 'name'], rows);
}
