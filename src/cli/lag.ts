import { setTimeout as sleep } from 'node:timers/promises';
import type { Command } from 'commander';
import { LagProbe, type LagReport } from '../cluster/lag-probe.ts';
import { describeError, KubesentimentError } from '../errors.ts';
import { BEHIND_S, BLOCKED_S, STALLED_S } from '../lag.ts';
import {
  type CommonOptions,
  type Done,
  note,
  print,
  printJson,
  wholeNumber,
  withExamples,
  withSettings,
} from './common.ts';
import { onStopSignal } from './consume.ts';
import { exitCodesText } from './exit-codes.ts';
import { lagExitCode, lagText } from './lag-report.ts';
import { loadSettings } from './settings.ts';

interface Options extends CommonOptions {
  readonly watch?: boolean;
  readonly interval: number;
  readonly json?: boolean;
}

const statuses = [
  `Status ok: no message has waited for ${BEHIND_S} s`,
  'behind: one has, but the committed offset moves',
  `stalled: one has, and the offset has not moved for ${STALLED_S} s`,
  `blocked: an open transaction of another producer has held records back for ${BLOCKED_S} s`,
].join('; ');

export function registerLagCommand(program: Command, done: Done): void {
  const command = withSettings(program.command('lag'))
    .summary('show how far the group is behind')
    .description(
      `show how far the group is behind, by partition: waiting messages, age of the oldest, status.\n${statuses}`,
    )
    .option('-w, --watch', 'refresh until Ctrl-C')
    .option('--interval <seconds>', 'time between two looks', wholeNumber, 2)
    .option('--json', 'print JSON; with --watch, one line per look')
    .action(async (options: Options) => done(await runLag(options)));
  withExamples(
    command,
    'kubesentiment lag',
    'kubesentiment lag --watch --set kafka.consumer_group=blue',
  ).addHelpText('after', exitCodesText('lag'));
}

/** Exit code 1 if a partition is stalled or blocked. */
async function runLag(options: Options): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const intervalMs = options.interval * 1_000;
  let stopping = false;
  onStopSignal(() => {
    stopping = true;
  });
  const probe = new LagProbe(config);
  try {
    await probe.connect();
    let report = await probe.look();
    if (options.watch !== true) {
      while (probe.isUndecided(report) && !stopping) {
        await pause(intervalMs, () => stopping);
        report = await probe.look();
      }
      if (options.json) printJson(report);
      else print(lagText(report));
    }
    while (options.watch === true && !stopping) {
      if (options.json) print(JSON.stringify(report));
      else redraw(lagText(report));
      await pause(intervalMs, () => stopping);
      if (!stopping) report = await lookAgain(probe, report);
    }
    return lagExitCode(report);
  } finally {
    await probe.close();
  }
}

async function pause(ms: number, isOver: () => boolean): Promise<void> {
  for (let waited = 0; waited < ms && !isOver(); waited += 200) await sleep(200);
}

/** A broker that is unavailable for a moment does not end the watch. */
async function lookAgain(probe: LagProbe, last: LagReport): Promise<LagReport> {
  try {
    return await probe.look();
  } catch (error) {
    if (!(error instanceof KubesentimentError && error.retryable)) throw error;
    note(describeError(error));
    return last;
  }
}

/** In place on a terminal, one after the other elsewhere. */
function redraw(text: string): void {
  if (process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J');
  print(text);
}
