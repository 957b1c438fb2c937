import { type DestinationStream, pino } from 'pino';
import { describeError, KubesentimentError } from './errors.ts';
import { type LogEvent, logEvents } from './log-events.ts';
import { prettyLine } from './log-pretty.ts';

type LogValue = string | number | boolean | null | undefined | readonly (string | number)[];

/** Must never be logged: these fields do not compile, and are removed if they get here anyway. */
const forbiddenFields = ['text', 'texts', 'value', 'key', 'payload', 'headers', 'metadata', 'token'] as const;

/** Topic, partition and offset identify a message. */
export type LogFields = { readonly [name: string]: LogValue } & {
  readonly [name in (typeof forbiddenFields)[number]]?: never;
};

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** `cause` is any thrown value. Its stack is logged only when it is a bug. */
type LogMethod = (event: LogEvent, fields?: LogFields, cause?: unknown) => void;

export type LogListener = (event: LogEvent, fields: LogFields) => void;

export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
  /** Changes the minimum severity. Without it, a logger keeps its own. */
  readonly setLevel?: (level: LogLevel) => void;
  /** Tells of each event, written or not. Returns how to end that. Without it, the live page shows fewer events. */
  readonly listen?: (listener: LogListener) => () => void;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** json: one object per line. pretty: for people. */
  readonly format: 'json' | 'pretty';
  /** Where the lines go. Default: standard error, which leaves standard output to data. */
  readonly destination?: { write(line: string): unknown };
}

/** Lines per event and ten seconds. The rest are only counted, except for `http_audit`, which is always written. */
const LINES_MAX = 20;
const WINDOW_MS = 10_000;
/** An event that goes on after that is written once a minute: the first lines have said what there is to say. */
const LASTING_MS = 60_000;

const STDERR = 2;

interface Budget {
  readonly linesMax: number;
  readonly endsAt: number;
  lines: number;
  suppressed: number;
}

export function createLogger({ level, format, destination }: LoggerOptions): Logger {
  const sink = destination ?? openSink(STDERR, lost);
  const stream = format === 'json' ? sink : { write: (line: string) => sink.write(prettyLine(line)) };
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    redact: { paths: [...forbiddenFields], remove: true },
  };
  const lines = pino(options, stream as DestinationStream);
  const budgets = new Map<LogEvent, Budget>();
  const listeners = new Set<LogListener>();

  const method = (severity: 'debug' | 'info' | 'warn' | 'error'): LogMethod => {
    return (event, fields, cause) => {
      for (const listener of listeners) listener(event, fields ?? {});
      if (!lines.isLevelEnabled(severity) || (event !== 'http_audit' && !spend(event))) return;
      const [id, sentence] = logEvents[event];
      const error = cause === undefined ? undefined : errorFields(cause);
      lines[severity]({ event, id, ...fields, error }, sentence);
    };
  };

  function spend(event: LogEvent): boolean {
    const now = performance.now();
    let budget = budgets.get(event);
    if (budget === undefined || now >= budget.endsAt) {
      const isLasting = budget !== undefined && budget.suppressed > 0 && now - budget.endsAt < WINDOW_MS;
      const [linesMax, windowMs] = isLasting ? [1, LASTING_MS] : [LINES_MAX, WINDOW_MS];
      budget = { linesMax, endsAt: now + windowMs, lines: 0, suppressed: 0 };
      budgets.set(event, budget);
    }
    if (budget.lines++ < budget.linesMax) return true;
    if (budget.suppressed++ === 0) setTimeout(report, budget.endsAt - now, event, budget).unref();
    return false;
  }

  function report(event: LogEvent, budget: Budget): void {
    const [id, sentence] = logEvents.log_suppressed;
    lines.warn({ event: 'log_suppressed', id, of: event, lines: budget.suppressed }, sentence);
  }

  function lost(count: number): void {
    const [id, sentence] = logEvents.log_lost;
    lines.error({ event: 'log_lost', id, lines: count }, sentence);
  }

  const setLevel = (next: LogLevel): void => {
    lines.level = next;
  };
  const listen = (listener: LogListener): (() => void) => {
    listeners.add(listener);
    return () => listeners.delete(listener);
  };
  return {
    debug: method('debug'),
    info: method('info'),
    warn: method('warn'),
    error: method('error'),
    setLevel,
    listen,
  };
}

/**
 * Writes lines as they come, to a file descriptor or path. One that cannot be written, because a disk is full for
 * example, is dropped, and `onLost` is told how many were as soon as one can be written again.
 */
export function openSink(destination: number | string, onLost: (lines: number) => void): DestinationStream {
  let lost = 0;
  const open = (): ReturnType<typeof pino.destination> => {
    const opened = pino.destination({ dest: destination, sync: true });
    opened.once('error', () => {
      lost++;
      opened.destroy(); // with the line, which it would keep for later
      sink = open();
    });
    opened.on('write', () => {
      if (lost > 0) setImmediate(onLost, lost); // not from within the sink
      lost = 0;
    });
    return opened;
  };
  let sink = open();
  return { write: (line) => sink.write(line) };
}

function errorFields(cause: unknown): Record<string, unknown> {
  const known = cause instanceof KubesentimentError;
  const isBug = !known || cause.code === 'KS_INTERNAL';
  return {
    code: known ? cause.code : 'KS_INTERNAL',
    message: describeError(cause),
    stack: isBug && cause instanceof Error ? cause.stack : undefined,
  };
}
