import { type DestinationStream, pino } from 'pino';
import { describeError, KubesentimentError } from './errors.ts';
import { prettyLine } from './log-pretty.ts';

/** Everything that is ever logged: a stable id and a sentence. Alerts match the id or the event's name. */
export const logEvents = {
  service_started: ['KS1002', 'Started.'],
  kafka_disabled: ['KS1007', 'kafka.enabled is false: running without a consumer.'],
  service_draining: ['KS1003', 'Draining: no new messages, finishing those in flight.'],
  service_stopped: ['KS1004', 'Stopped.'],
  service_failed: ['KS1005', 'Stopping because of an error.'],
  config_warning: ['KS1102', 'The configuration is unusual.'],
  keyring_loaded: ['KS1601', 'Keyring read.'],
  keyring_rejected: ['KS1602', 'The keyring changed and cannot be used; the one before stays in force.'],
  keyring_exposed: ['KS1603', 'Others than its owner may read or change the keyring file.'],
  model_loaded: ['KS1201', 'Model loaded.'],
  inference_failed: ['KS1203', 'A batch could not be classified; it is halved and tried again.'],
  broker_connected: ['KS1301', 'Connected to Kafka.'],
  broker_unreachable: ['KS1302', 'Kafka cannot be reached; trying again.'],
  kafka_error: ['KS1303', 'Kafka reported an error.'],
  partitions_assigned: ['KS1304', 'Partitions assigned.'],
  partitions_revoked: ['KS1305', 'Partitions revoked.'],
  transaction_aborted: ['KS1401', 'A transaction was aborted; its records are sent again.'],
  dead_letter: ['KS1403', 'A message was given up on.'],
  dead_letter_flood: ['KS1404', 'Too large a share of the messages fails; the consumer stops.'],
  http_listening: ['KS1501', 'HTTP server is listening.'],
  audit: ['KS1701', 'A caller changed something, or tried to.'],
  http_failed: ['KS1502', 'An HTTP request failed because of an error of ours.'],
  log_suppressed: ['KS1901', 'Lines of a repeated event were left out.'],
} as const satisfies Record<string, readonly [id: string, sentence: string]>;

export type LogEvent = keyof typeof logEvents;

type LogValue = string | number | boolean | null | undefined | readonly (string | number)[];

/** What must never be logged: such fields do not compile, and are removed if they come anyway. */
const forbiddenFields = ['text', 'texts', 'value', 'key', 'payload', 'headers', 'metadata', 'token'] as const;

/** Facts such as topic, partition and offset say which message it was. */
export type LogFields = { readonly [name: string]: LogValue } & {
  readonly [name in (typeof forbiddenFields)[number]]?: never;
};

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal' | 'silent';

/** `cause` is any thrown value; a stack goes with it only when it is a bug of ours. */
type LogMethod = (event: LogEvent, fields?: LogFields, cause?: unknown) => void;

export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
}

export interface LoggerOptions {
  readonly level: LogLevel;
  /** json: one object a line. pretty: for people. */
  readonly format: 'json' | 'pretty';
  /** Where the lines go; standard error if not given, which leaves standard output to data. */
  readonly destination?: { write(line: string): unknown };
}

/** Lines of one event that are written in ten seconds; the rest is counted and reported. Of `audit` every line is. */
const linesMax = 20;
const windowMs = 10_000;

interface Budget {
  endsAt: number;
  lines: number;
  suppressed: number;
}

export function createLogger({ level, format, destination }: LoggerOptions): Logger {
  const sink = destination ?? pino.destination({ dest: 2, sync: true });
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

  const method = (severity: keyof Logger): LogMethod => {
    return (event, fields, cause) => {
      if (!lines.isLevelEnabled(severity) || (event !== 'audit' && !spend(event))) return;
      const [id, sentence] = logEvents[event];
      const error = cause === undefined ? undefined : errorFields(cause);
      lines[severity]({ event, id, ...fields, error }, sentence);
    };
  };

  function spend(event: LogEvent): boolean {
    const now = performance.now();
    let budget = budgets.get(event);
    if (budget === undefined || now >= budget.endsAt) {
      budget = { endsAt: now + windowMs, lines: 0, suppressed: 0 };
      budgets.set(event, budget);
    }
    if (budget.lines++ < linesMax) return true;
    if (budget.suppressed++ === 0) setTimeout(report, budget.endsAt - now, event, budget).unref();
    return false;
  }

  function report(event: LogEvent, budget: Budget): void {
    const [id, sentence] = logEvents.log_suppressed;
    lines.warn({ event: 'log_suppressed', id, of: event, lines: budget.suppressed }, sentence);
  }

  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
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
