import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { root } from '../../test/helpers/paths.ts';
import { say } from './report.ts';

/** What the native core is compared with; none of it is needed for anything else, so it is fetched here. */
export const peerVersions = {
  tokenizers: '0.23.3',
  flash_tokenizer: '1.2.0',
  tokenizers_js: '0.2.0',
} as const;

const folder = join(root, '.cache/bench-native');
const NPM_PACKAGE = '@huggingface/tokenizers';

export interface PassFigures {
  readonly seconds: number;
  readonly tokens: number;
}

/** The Python packages in an environment of their own; undefined, with a word why, where they cannot be had. */
export function preparePython(): string | undefined {
  const python = join(folder, 'venv/bin/python');
  if (!existsSync(python) && !run('python3', ['-m', 'venv', join(folder, 'venv')])) return undefined;
  const { tokenizers, flash_tokenizer } = peerVersions;
  const install = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check'];
  if (!run(python, [...install, `tokenizers==${tokenizers}`])) return undefined;
  run(python, [...install, `flash-tokenizer==${flash_tokenizer}`]); // no wheel for every Python
  return python;
}

/** One pass of each Python tokenizer. */
export function measurePython(
  python: string,
  tokenizer: string,
  vocabulary: string,
  texts: string,
): Record<string, PassFigures> {
  const script = join(root, 'benchmarking/native/peers.py');
  const { status, stdout, stderr } = spawnSync(python, [script, tokenizer, vocabulary, texts], {
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  if (status !== 0) {
    say(`The Python packages failed: ${stderr.trim().split('\n').at(-1)}`);
    return {};
  }
  return JSON.parse(stdout) as Record<string, PassFigures>;
}

export interface JsTokenizer {
  encode(text: string): { ids: number[] };
}

/** The tokenizer that is written in JavaScript; undefined where it cannot be had. */
export function prepareJs(tokenizer: unknown): JsTokenizer | undefined {
  mkdirSync(folder, { recursive: true });
  if (!existsSync(join(folder, 'package.json')))
    writeFileSync(join(folder, 'package.json'), '{"private":true}\n');
  if (!existsSync(join(folder, 'node_modules', NPM_PACKAGE))) {
    const args = ['install', '--prefix', folder, '--ignore-scripts', '--no-audit', '--no-fund', '--silent'];
    if (!run('npm', [...args, `${NPM_PACKAGE}@${peerVersions.tokenizers_js}`])) return undefined;
  }
  const { Tokenizer } = createRequire(join(folder, 'package.json'))(NPM_PACKAGE) as {
    Tokenizer: new (tokenizer: unknown, config: unknown) => JsTokenizer;
  };
  return new Tokenizer(tokenizer, {});
}

function run(command: string, args: readonly string[]): boolean {
  const { status, stderr, error } = spawnSync(command, args, { cwd: root, encoding: 'utf8' });
  if (status !== 0) say(`${command} failed: ${(error?.message ?? stderr).trim().split('\n').at(-1)}`);
  return status === 0;
}
