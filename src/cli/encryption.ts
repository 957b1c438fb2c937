import type { Command } from 'commander';
import { decryptRequest, decryptText, encryptRequest, encryptText } from '../crypto/encryption.ts';
import type { Keyring } from '../crypto/keyring.ts';
import { KeyringSource } from '../crypto/keyring-source.ts';
import { KubesentimentError } from '../errors.ts';
import { type CommonOptions, print, withExamples, withSettings } from './common.ts';
import { standardInput } from './predict.ts';
import { loadSettings } from './settings.ts';

interface Options extends CommonOptions {
  readonly token?: boolean;
  readonly requests?: boolean;
}

type Convert = (line: string, keyring: Keyring) => string;

export function registerEncryptionCommands(program: Command): void {
  const encrypt = withSettings(program.command('encrypt'))
    .description('encrypt each text, or each line of standard input, into a request for `produce`')
    .argument('[text...]', 'default: lines of standard input, which other users of the machine cannot see')
    .option('--token', 'print only the encrypted text')
    .option('--requests', 'each line is a JSON request whose text is to be encrypted')
    .action((texts: string[], options: Options) => run(texts, options, encryptLine(options)));
  withExamples(
    encrypt,
    'kubesentiment encrypt -s encryption.keyring=keyring.json < texts.txt > requests.jsonl',
  );

  const decrypt = withSettings(program.command('decrypt'))
    .description('decrypt each encrypted text or request')
    .argument('[token...]', 'default: lines of standard input')
    .action((tokens: string[], options: Options) => run(tokens, options, decryptLine));
  withExamples(decrypt, 'kubesentiment decrypt -s encryption.keyring=keyring.json < requests.jsonl');
}

async function run(lines: readonly string[], options: Options, convert: Convert): Promise<void> {
  const { encryption } = loadSettings(options, process.env).config;
  if (encryption.keyring === undefined) {
    throw new KubesentimentError('KS_USAGE', 'No keyring is configured.', {
      remedy: 'Set encryption.keyring; `kubesentiment keys generate FILE` creates one.',
    });
  }
  const source = new KeyringSource({ keyring: encryption.keyring, activeId: encryption.active_key });
  source.close();
  let number = 0;
  for await (const chunk of lines.length > 0 ? [lines] : standardInput({})) {
    for (const line of chunk) {
      number++;
      if (line !== '' || lines.length > 0) print(converted(convert, line, number, source.current));
    }
  }
}

/** Errors name the number of the line, but never quote it. */
function converted(convert: Convert, line: string, number: number, keyring: Keyring): string {
  try {
    return convert(line, keyring);
  } catch (error) {
    if (!(error instanceof KubesentimentError)) throw error;
    const { code, message, remedy } = error;
    throw new KubesentimentError(code, `Line ${number}: ${message}`, remedy === undefined ? {} : { remedy });
  }
}

function encryptLine({ token, requests }: Options): Convert {
  return (line, keyring) => {
    const request = requests ? parseRequest(line) : { text: line };
    return token ? encryptText(request.text, keyring) : JSON.stringify(encryptRequest(request, keyring));
  };
}

const decryptLine: Convert = (line, keyring) =>
  line.startsWith('{')
    ? JSON.stringify(decryptRequest(parseRequest(line), keyring))
    : decryptText(line.trim(), keyring);

function parseRequest(line: string): { text: string; encryption_version?: string } {
  try {
    const value = JSON.parse(line);
    if (typeof value?.text === 'string') return value;
  } catch {
    // Reported below; the line is user data and must not be quoted.
  }
  throw new KubesentimentError('KS_USAGE', 'Not a JSON object with a text.');
}
