import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { baselineOfTexts } from '../diagnose/model-baseline.ts';
import { BASELINE_FILE, type Baseline } from '../drift/baseline.ts';
import { KubesentimentError } from '../errors.ts';
import {
  type CommonOptions,
  type Done,
  print,
  printable,
  printJson,
  withExamples,
  withCommonOptions,
} from './common.ts';
import { textsFor, type TextsOptions } from './model-compare.ts';
import { modelDirectory } from '../predict/model-parts.ts';
import { askService, urlOf } from './running-service.ts';
import { loadSettings } from './settings.ts';

interface BaselineOptions extends CommonOptions, TextsOptions {
  readonly url?: string;
  readonly out?: string;
  readonly json?: boolean;
}

export function registerBaselineCommand(model: Command, done: Done): void {
  const command = withCommonOptions(model.command('baseline'))
    .description(
      'record what the model says now, so that drift can be measured: of the last hour of a running service, or of ' +
        'texts. A service takes it from the model directory when it starts or reloads its model',
    )
    .option('--url <url>', 'address of the service (default: http.host and http.port of the configuration)')
    .option('--texts <file>', 'classify these texts instead, one on each line; - is standard input')
    .option('--json-lines', 'each line is a JSON string')
    .option('--out <file>', `where to write (default: ${BASELINE_FILE} in the model directory)`)
    .option('--json', 'print JSON')
    .action(async (options: BaselineOptions) => done(await record(options)));
  withExamples(
    command,
    'kubesentiment model baseline',
    'kubesentiment model baseline --model ./tickets --texts tickets.txt',
  );
}

async function record(options: BaselineOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const out =
    options.out ?? (config.model.path === null ? undefined : join(modelDirectory(config), BASELINE_FILE));
  if (out === undefined)
    throw new KubesentimentError('KS_USAGE', 'No model directory is configured; name a file with --out.');
  const baseline =
    options.texts === undefined
      ? await fetchBaseline(options.url ?? urlOf(config), config.http.token)
      : await baselineOfTexts(config, await textsFor(options));
  write(out, baseline);
  if (options.json) {
    printJson({ ...baseline, out });
    return 0;
  }
  const shares = baseline.labels.map((label, i) => {
    const share = (baseline.counts.labels[i] as number) / baseline.results;
    return `${printable(label)} ${(100 * share).toFixed(1)} %`;
  });
  print(
    `${baseline.results} results of the model version ${printable(baseline.model_version)}: ${shares.join(', ')}.`,
  );
  print(
    `Written to ${printable(out)}. A service compares with it after "kubesentiment model reload" or a restart.`,
  );
  return 0;
}

function fetchBaseline(url: string, token: string | undefined): Promise<Baseline> {
  return askService(`${url}/api/v1/model/baseline`, { method: 'GET', token }) as Promise<Baseline>;
}

/** As a whole or not at all. */
function write(out: string, baseline: Baseline): void {
  const temporary = `${out}.${process.pid}`;
  try {
    writeFileSync(temporary, `${JSON.stringify(baseline, undefined, 1)}\n`);
    renameSync(temporary, out);
  } catch (cause) {
    throw new KubesentimentError('KS_USAGE', `The file ${out} cannot be written.`, {
      remedy: 'Name another one with --out, and copy it into the model directory.',
      cause,
    });
  }
}
