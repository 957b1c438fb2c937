/** What all commands have in common: examples, the page about them, completion, exit codes. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Command } from 'commander';
import { commandTree } from '../../../src/cli/completion.ts';
import { createProgram } from '../../../src/cli/main.ts';
import { cliMarkdown } from '../../../src/cli/markdown.ts';
import { root } from '../../helpers/paths.ts';

const program = createProgram(() => undefined);

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, 'bin/kubesentiment.cjs'), ...args],
    { encoding: 'utf8', input: '', timeout: 60_000 },
  );
  return { status, stdout, stderr };
}

const hasBash = spawnSync('bash', ['--version']).status === 0;

test('docs/cli.md is up to date (npm run docs)', () => {
  assert.equal(readFileSync(join(root, 'docs/cli.md'), 'utf8'), cliMarkdown(createProgram(() => undefined)));
});

test('every command is described and has an example that names it', () => {
  const visit = (command: Command, path: string): void => {
    for (const child of command.commands) {
      const name = `${path} ${child.name()}`.trim();
      assert.notEqual(child.description(), '', name);
      if (child.commands.length > 0) visit(child, name);
      else assert.match(helpOf(child), new RegExp(`Examples:\\n.*kubesentiment ${name}`, 's'), name);
    }
  };
  visit(program, '');
});

test('every command that prints data has --json', () => {
  const silent = [
    'consume',
    'completion',
    'config init',
    'config docs',
    'model tokenize',
    'encrypt',
    'decrypt',
  ];
  const leaves = commandTree(program).filter(({ path, words }) => path !== '' && words[0]?.startsWith('--'));
  for (const { path, words } of leaves) {
    if (!silent.includes(path)) assert.ok(words.includes('--json'), path);
  }
});

test('a mistyped command is answered with the right one, exit code 2', () => {
  const { status, stdout, stderr } = run('doctr');
  assert.equal(status, 2);
  assert.match(stderr, /Did you mean doctor\?/);
  assert.equal(stdout, '');
  assert.equal(run('dlq', 'lst').status, 2);
  assert.equal(run('dlq', 'list', '--reason', 'nonsense').status, 2);
  assert.equal(run('dlq', 'show', 'x', '1').status, 2);
  assert.equal(run('lag', '--set', 'kafka.batch_sise=1').status, 2);
});

test('what the embedded broker holds no other process can ask for', () => {
  for (const args of [['lag'], ['dlq', 'list'], ['topics', 'create'], ['produce', '-']]) {
    const { status, stderr } = run(...args, '--set', 'kafka.bootstrap_servers=embedded');
    assert.equal(status, 2, args.join(' '));
    assert.match(stderr, /embedded broker runs inside the process/);
  }
});

test('verify refuses an origin that it cannot read, before it asks any broker', () => {
  for (const [args, problem] of [
    [['--origin', 'source'], /"source" is neither a JSON Pointer nor header:NAME/],
    [['--no-dead-letters', '--dead-letter-origin', '/source'], /Drop --dead-letter-origin/],
  ] as const) {
    const { status, stderr } = run('verify', '--set', 'kafka.bootstrap_servers=127.0.0.1:1', ...args);
    assert.equal(status, 2, stderr);
    assert.match(stderr, problem);
  }
});

test('config check and print take single settings', () => {
  const { stdout } = run('config', 'print', '--set', 'kafka.batch_size=77', '--json');
  assert.equal(JSON.parse(stdout).kafka.batch_size, 77);
  assert.equal(run('config', 'check', '--set', 'kafka.batch_size=-1').status, 2);
});

test('model tokenize and model check', () => {
  const model = join(root, 'models/accurate');
  const { stdout } = spawnSync(
    process.execPath,
    [join(root, 'bin/kubesentiment.cjs'), 'model', 'tokenize', model, '--json-lines'],
    { encoding: 'utf8', input: '"What a day"\n"a\\nb"\n', timeout: 60_000 },
  );
  const [first, second] = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as number[]);
  assert.deepEqual(first, [101, 2054, 1037, 2154, 102]);
  assert.deepEqual(second, [101, 1037, 1038, 102]);

  const report = JSON.parse(run('model', 'check', model, '--seconds', '1', '--json').stdout);
  assert.deepEqual([report.provider, report.optimizersOff], ['cpu', ['SkipLayerNormFusion']]);
  assert.deepEqual(report.labels, ['NEGATIVE', 'POSITIVE']);
  assert.deepEqual(
    report.samples.slice(0, 2).map(({ label }: { label: string }) => label),
    ['POSITIVE', 'NEGATIVE'],
  );
  assert.ok(report.speed.textsPerSecond > 0);
  const missing = run('model', 'check', '/nowhere');
  assert.equal(missing.status, 2);
  assert.match(missing.stderr, /does not exist/);
});

test('bash completes commands, subcommands and options', { skip: !hasBash && 'there is no bash' }, () => {
  const { stdout: script } = run('completion', 'bash');
  assert.deepEqual(complete(script, 'kubesentiment', 'do'), ['doctor']);
  assert.deepEqual(complete(script, 'kubesentiment', 'dlq', 're'), ['replay']);
  assert.deepEqual(complete(script, 'kubesentiment', 'dlq', 'replay', '--dr'), ['--dry-run']);
  assert.deepEqual(complete(script, 'kubesentiment', '--config', 'x.yaml', 'model', 'to'), ['tokenize']);
  assert.deepEqual(complete(script, 'kubesentiment', 'completion', ''), ['bash', 'zsh', 'fish', '--help']);
  assert.deepEqual(complete(script, 'kubesentiment', 'lag', 'zzz'), []);
  assert.match(run('completion', 'zsh').stdout, /^autoload -U \+X bashcompinit && bashcompinit\n/);
});

test('bash completes the value of an option: its choices, or else files', {
  skip: !hasBash && 'there is no bash',
}, () => {
  const { stdout: script } = run('completion', 'bash');
  for (const option of ['--config', '-c', '--model']) {
    assert.deepEqual(complete(script, 'kubesentiment', 'consume', option, ''), [], 'left to the files');
  }
  assert.deepEqual(complete(script, 'kubesentiment', 'produce', '--format', ''), ['auto', 'json', 'text']);
  assert.deepEqual(complete(script, 'kubesentiment', 'produce', '-f', 'j'), ['json']);
  assert.deepEqual(complete(script, 'kubesentiment', 'lag', '--watch', '--in'), ['--interval']);
});

test('fish completes commands, subcommands, options and their choices', () => {
  const lines = run('completion', 'fish').stdout.split('\n');
  const find = (...parts: string[]): string | undefined =>
    lines.find((line) => parts.every((part) => line.includes(part)));
  assert.ok(find('-a doctor', '\'__kubesentiment_at ""\''), lines.slice(0, 20).join('\n'));
  assert.ok(find('-a replay', '"dlq"', "-d 'send dead letters back"));
  assert.ok(find('-l config', '"dlq replay"', '-r -F'), 'a value, and files');
  assert.ok(find('-l format', '"produce"', "-x -a 'auto json text'"));
  assert.ok(find('-l dry-run', '"dlq replay"') !== undefined);
  assert.ok(find('-s w', '"lag"', '-l watch'));
  const quotes = lines.filter((line) => (line.replaceAll(/\\./g, '').split("'").length - 1) % 2 !== 0);
  assert.deepEqual(quotes, []);
});

function complete(script: string, ...words: string[]): string[] {
  const set = `COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}`;
  const call = `${script}\n${set}; _kubesentiment; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const { stdout } = spawnSync('bash', ['-c', call], { encoding: 'utf8' });
  return stdout.split('\n').filter((line) => line !== '');
}

function helpOf(command: Command): string {
  let help = '';
  command.configureOutput({ writeOut: (text) => (help += text) });
  command.outputHelp();
  return help;
}
