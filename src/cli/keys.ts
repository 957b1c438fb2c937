import type { Command } from 'commander';
import { Keyring } from '../crypto/keyring.ts';
import { generateKeyringFile, rotateKeyringFile } from '../crypto/keyring-file.ts';
import { readKeyringFile } from '../crypto/keyring-source.ts';
import { KubesentimentError } from '../errors.ts';
import { type CommonOptions, print, printJson, table, withExamples, withSettings } from './common.ts';
import { loadSettings } from './settings.ts';

interface Options extends CommonOptions {
  readonly id?: string;
  readonly json?: boolean;
}

export function registerKeysCommand(program: Command): void {
  const keys = program.command('keys').description('manage the keyring of encrypted requests');
  const file = 'keyring file (default: encryption.keyring)';

  const add = (name: string, description: string, make: (path: string, id?: string) => string): void => {
    const command = withSettings(keys.command(name))
      .description(description)
      .argument('[file]', file)
      .option('--id <id>', 'id of the key (default: the date and four digits)')
      .option('--json', 'print JSON')
      .action((path: string | undefined, options: Options) => {
        const id = make(pathOf(path, options), options.id);
        if (options.json) printJson({ id });
        else print(`The newest key is ${id}.`);
      });
    withExamples(command, `kubesentiment keys ${name} keyring.json`);
  };
  add('generate', 'create a keyring file with one random key', generateKeyringFile);
  add(
    'rotate',
    'add a random key that encrypts from now on; older keys still decrypt, and running services pick it up',
    rotateKeyringFile,
  );

  const show = withSettings(keys.command('list'))
    .description('list ids and fingerprints, never the keys')
    .argument('[file]', file)
    .option('--json', 'print JSON')
    .action((path: string | undefined, options: Options) => list(path, options));
  withExamples(show, 'kubesentiment keys list keyring.json');
}

function list(path: string | undefined, options: Options): void {
  const { encryption } = loadSettings(options, process.env).config;
  const text = readKeyringFile(pathOf(path, options));
  const described = Keyring.parse(text, path === undefined ? encryption.active_key : undefined).describe();
  if (options.json) printJson(described);
  else {
    const rows = described.map(({ id, active, fingerprint }) => [id, fingerprint, active ? 'encrypts' : '']);
    print(table(['key', 'fingerprint', ''], rows));
  }
}

function pathOf(path: string | undefined, options: Options): string {
  const found = path ?? loadSettings(options, process.env).config.encryption.keyring;
  if (found !== undefined && !found.trimStart().startsWith('{')) return found;
  throw new KubesentimentError('KS_USAGE', 'No keyring file is given.', {
    remedy: 'Name one, or set encryption.keyring to a file.',
  });
}
