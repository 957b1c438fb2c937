import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Command } from 'commander';
import { defaultYaml, dotEnvExample, jsonSchema, markdownDocs } from '../config/docs.ts';
import type { LoadedConfig } from '../config/load.ts';
import { configAsJson, printConfig } from '../config/print.ts';
import { ConfigError } from '../config/problem.ts';
import { KubesentimentError } from '../errors.ts';
import { type CommonOptions, type Done, withCommonOptions, withExamples } from './common.ts';
import { registerConfigDiffCommand } from './config-diff.ts';
import { registerConfigReloadCommand } from './config-reload.ts';
import { loadSettings } from './settings.ts';

interface Options extends CommonOptions {
  readonly json?: boolean;
  readonly origins?: boolean;
  readonly format: keyof typeof documents;
}

const documents = {
  markdown: markdownDocs,
  'json-schema': jsonSchema,
  yaml: defaultYaml,
  env: dotEnvExample,
};

/** Adds `config check|print|init|docs|diff|reload`. Actions write to standard output and throw on errors. */
export function registerConfigCommand(program: Command, done: Done): void {
  const config = program
    .command('config')
    .description('check, print, create, explain, compare and reload the configuration');
  const checkCommand = withCommonOptions(config.command('check'))
    .description('report everything that is wrong, with file:line:column, allowed values and suggestions')
    .option('--json', 'print the problems as JSON')
    .action(check);
  withExamples(checkCommand, 'kubesentiment config check --config configs/kafka.yaml');
  const printCommand = withCommonOptions(config.command('print'))
    .description('print the effective configuration as YAML, with secrets hidden')
    .option('--origins', 'show where each value comes from')
    .option('--json', 'prints JSON')
    .action(print);
  withExamples(printCommand, 'kubesentiment config print --origins --set kafka.batch_size=64');
  const initCommand = config
    .command('init')
    .description('write a commented default configuration to a new file')
    .argument('[file]', 'never overwritten', 'configs/kafka.yaml')
    .action(init);
  withExamples(initCommand, 'kubesentiment config init configs/mine.yaml');
  const docsCommand = config
    .command('docs')
    .description('print every key with its default, allowed values and meaning')
    .option('--format <format>', Object.keys(documents).join(', '), 'markdown')
    .action(docs);
  withExamples(docsCommand, 'kubesentiment config docs --format env > .env');
  registerConfigDiffCommand(config, done);
  registerConfigReloadCommand(config, done);
}

function check(options: Options): void {
  try {
    const { warnings } = load(options);
    const source = options.config ?? 'The environment and the defaults';
    write(options.json ? json({ ok: true, problems: [], warnings }) : `${source}: no problems.\n`);
  } catch (error) {
    if (options.json && error instanceof ConfigError) {
      write(json({ ok: false, problems: error.problems, warnings: [] }));
    }
    throw error;
  }
}

function print(options: Options): void {
  const loaded = load(options);
  const how = { origins: options.origins === true };
  write(options.json ? json(configAsJson(loaded, how)) : printConfig(loaded, how));
}

function init(file: string): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, defaultYaml(), { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') {
      throw new KubesentimentError('KS_USAGE', `${file} already exists.`, {
        remedy: 'Choose another file, or delete this one first.',
      });
    }
    throw new KubesentimentError('KS_USAGE', `Cannot write ${file} (${(error as Error).message}).`, {
      cause: error,
    });
  }
  write(`Wrote ${file}. Every key has its default; change what you need.\n`);
}

function docs({ format }: Options): void {
  if (!Object.hasOwn(documents, format)) {
    throw new KubesentimentError('KS_USAGE', `There is no format "${format}".`, {
      remedy: `Use one of ${Object.keys(documents).join(', ')}.`,
    });
  }
  write(documents[format]());
}

/** Warnings go to standard error, to keep the output clean. */
function load(options: Options): LoadedConfig {
  const loaded = loadSettings(options, process.env);
  if (!options.json) for (const warning of loaded.warnings) process.stderr.write(`warning: ${warning}\n`);
  return loaded;
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}

function write(text: string): void {
  process.stdout.write(text);
}
