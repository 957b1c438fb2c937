import { setTimeout as sleep } from 'node:timers/promises';
import { describeError, KubesentimentError } from '../errors.ts';
import type { Severity } from '../why/facts.ts';
import type { WhyReport } from '../why/report.ts';
import { type CommonOptions, note, paint, print, printable, terminalJson } from './common.ts';
import { onStopSignal } from './consume.ts';
import { askService, urlOf } from './running-service.ts';
import { loadSettings } from './settings.ts';

export interface WatchOptions extends CommonOptions {
  readonly url?: string;
  /** Seconds. */
  readonly interval: number;
  readonly json?: boolean;
}

/**
 * Asks a running service again and again what limits it. Resolves with 1 if it was stuck when it was asked last.
 * KS_STATE if none answers at first; later it may be restarting.
 */
export async function watchService(options: WatchOptions): Promise<number> {
  const { config } = loadSettings(options, process.env);
  const url = `${options.url ?? urlOf(config)}/api/v1/monitoring/why`;
  const ask = () => askService(url, { method: 'GET', token: config.http.token }) as Promise<WhyReport>;
  const stop = new AbortController();
  onStopSignal(() => stop.abort());
  let report = await ask();
  for (;;) {
    if (options.json) print(terminalJson(report));
    else show(report);
    report = await askLater(ask, options.interval * 1_000, stop.signal, report);
    if (stop.signal.aborted) return report.severity === 'stuck' ? 1 : 0;
  }
}

/** What the service says after a while, or has said before if it does not answer. */
async function askLater(
  ask: () => Promise<WhyReport>,
  afterMs: number,
  signal: AbortSignal,
  last: WhyReport,
): Promise<WhyReport> {
  for (;;) {
    await sleep(afterMs, undefined, { signal }).catch(() => undefined);
    if (signal.aborted) return last;
    try {
      return await ask();
    } catch (error) {
      if (!(error instanceof KubesentimentError)) throw error;
      note(describeError(error));
    }
  }
}

const colours = { ok: 'green', slow: 'yellow', stuck: 'red' } as const satisfies Record<Severity, string>;
const TIME_LENGTH = 'HH:MM:SS'.length;
const INDENT = ' '.repeat(TIME_LENGTH + 2);

/** In place on a terminal, one after the other elsewhere. */
function show({ severity, sentence, remedy, also, measured }: WhyReport): void {
  if (process.stdout.isTTY) process.stdout.write('\u001b[H\u001b[2J');
  const time = new Date().toISOString().slice(11, 11 + TIME_LENGTH);
  print(`${time}  ${paint(colours[severity], severity.padEnd(5))}  ${printable(sentence)}`);
  if (remedy !== null) print(`${INDENT}→ ${printable(remedy)}`);
  for (const each of also) {
    print(`${INDENT}${printable(each.sentence)}`);
    if (each.remedy !== null) print(`${INDENT}→ ${printable(each.remedy)}`);
  }
  if (!process.stdout.isTTY) return;
  print('');
  for (const [name, value] of Object.entries(measured))
    print(`${INDENT}${name.padEnd(22)} ${value === null ? '–' : value.toLocaleString('en')}`);
}
