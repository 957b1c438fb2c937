import type { Command } from 'commander';
import { KubesentimentError } from '../errors.ts';
import type { CanaryReport } from '../http/service-view.ts';
import {
  type CommonOptions,
  type Done,
  print,
  printable,
  printJson,
  table,
  withExamples,
  withSettings,
} from './common.ts';
import { type Answer, sentenceOf } from './model-reload.ts';
import { askService, RELOAD_TIMEOUT_MS, urlOf } from './running-service.ts';
import { loadSettings } from './settings.ts';

interface CanaryOptions extends CommonOptions {
  readonly url?: string;
  readonly json?: boolean;
  readonly promote?: boolean;
  readonly return?: boolean;
}

/** Adds `model canary`, which asks a running service over HTTP. */
export function registerCanaryCommand(model: Command, done: Done): void {
  const command = withSettings(model.command('canary'))
    .summary('how the model in model.canary does in a running service; promote it, or return to the old one')
    .description(
      'how the model in model.canary does in a running service: its answers beside those of the model in use, errors ' +
        'and time. Reaches one process. Needs http.token to promote or return',
    )
    .option(
      '--promote',
      'let it answer all keys, until the configuration is read again: then model.path decides',
    )
    .option('--return', 'let the model in use answer all keys again')
    .option('--url <url>', 'address of the service (default: http.host and http.port of the configuration)')
    .option('--json', 'print JSON')
    .action(async (options: CanaryOptions) => done(await runCanary(options)));
  withExamples(
    command,
    'kubesentiment model canary',
    'kubesentiment model canary --promote',
    'kubesentiment model canary --return --url http://10.0.0.7:8000',
  );
}

async function runCanary(options: CanaryOptions): Promise<number> {
  if (options.promote && options.return)
    throw new KubesentimentError('KS_USAGE', 'A canary is either promoted or returned from, not both.');
  const { config } = loadSettings(options, process.env);
  const url = `${options.url ?? urlOf(config)}/api/v1/model/canary`;
  const { token } = config.http;
  const post = (what: string) =>
    askService(`${url}/${what}`, { method: 'POST', token, body: {}, timeoutMs: RELOAD_TIMEOUT_MS });
  if (options.promote) {
    const answer = (await post('promote')) as Answer;
    if (options.json) printJson(answer);
    else print(`${printable(sentenceOf(answer))} Now set model.path to it and remove model.canary.`);
    return 0;
  }
  const asked = options.return ? post('return') : askService(url, { method: 'GET', token });
  const report = (await asked) as CanaryReport;
  if (options.json) printJson(report);
  else show(report);
  return 0;
}

function show(report: CanaryReport): void {
  const { model, model_version: version, state, reason, share, classified, failed, limits } = report;
  const { compared, agreed, skipped, slowdown, differences } = report;
  print(`${printable(model)}, version ${version}`);
  const now = state === 'running' ? `answers ${percent(share)} of the keys` : `returned: ${reason}`;
  print(`  state       ${now}`);
  print(`  texts       ${classified} classified, failed on ${failed} (${atMost(limits.max_errors)})`);
  const differing =
    compared === 0 ? 'nothing compared yet' : `${percent(1 - agreed / compared)} another label`;
  print(`  compared    ${compared} (${skipped} skipped): ${differing} (${atMost(limits.max_disagreement)})`);
  const times = slowdown === null ? 'not known yet' : `${slowdown.toFixed(2)} × the model in use`;
  print(`  time        ${times} (at most ${limits.max_slowdown})`);
  if (differences.length === 0) return;
  const rows = differences.map(({ topic, partition, offset, label, score, old_label, old_score }) => [
    `${printable(topic)}/${partition}/${offset}`,
    `${printable(label)} ${score.toFixed(4)}`,
    `${printable(old_label)} ${old_score.toFixed(4)}`,
  ]);
  print(table(['differ most', 'canary', 'in use'], rows));
}

function atMost(share: number): string {
  return `at most ${percent(share)}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
