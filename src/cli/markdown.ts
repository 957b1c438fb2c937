import type { Argument, Command } from 'commander';
import { visibleOptions } from './completion.ts';
import { exitCodesMarkdown } from './exit-codes.ts';

/** `docs/cli.md`, generated from the commands themselves. */
export function cliMarkdown(program: Command): string {
  return [
    '# Commands',
    '',
    'Generated from the commands in `src/cli/`; do not edit.',
    '',
    'Every command is `npx kubesentiment COMMAND`.',
    'Results go to standard output, everything else to standard error. Colours are used only on a terminal.',
    '',
    ...exitCodesMarkdown(),
    '',
    ...program.commands.flatMap((command) => section(command, '')),
  ].join('\n');
}

function section(command: Command, parent: string): string[] {
  const name = `${parent} ${command.name()}`.trim();
  const children = command.commands.flatMap((child) => section(child, name));
  // Some groups are commands themselves.
  const isOnlyGroup = children.length > 0 && command.options.length === 0;
  if (isOnlyGroup) return [`## ${name}`, '', sentence(command.description()), '', ...children];
  const usage = ['kubesentiment', name, ...command.registeredArguments.map(argumentUsage), '[options]'].join(
    ' ',
  );
  return [
    `${parent === '' ? '##' : '###'} ${name}`,
    '',
    sentence(command.description()),
    '',
    '```',
    usage,
    '```',
    '',
    '| option | meaning |',
    '|---|---|',
    ...command.registeredArguments.map((argument) => row(argumentUsage(argument), argument)),
    ...visibleOptions(command).map((option) => row(option.flags, option)),
    '',
    ...examplesOf(command),
    ...children,
  ];
}

interface Described {
  readonly description: string;
  readonly defaultValue?: unknown;
}

function row(flags: string, { description, defaultValue }: Described): string {
  const isPlain = typeof defaultValue === 'string' || typeof defaultValue === 'number';
  const meaning = isPlain ? `${description} (default: ${defaultValue})` : description;
  return `| \`${flags}\` | ${meaning.replaceAll('|', '\\|')} |`;
}

function argumentUsage(argument: Argument): string {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return argument.required ? `<${name}>` : `[${name}]`;
}

/** The examples that are printed below the help. */
function examplesOf(command: Command): string[] {
  let help = '';
  const was = command.configureOutput();
  command.configureOutput({ ...was, writeOut: (text) => (help += text) });
  command.outputHelp();
  command.configureOutput(was);
  const lines = help
    .slice(help.indexOf('\nExamples:\n'))
    .split('\n')
    .filter((line) => line.startsWith('  $ '));
  if (!help.includes('\nExamples:\n')) return [];
  return ['```', ...lines.map((line) => line.slice(4)), '```', ''];
}

/** In lines of 120 columns at most. */
function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`.replace(/(.{1,120})(?:\s|$)/g, '$1\n').trimEnd();
}
