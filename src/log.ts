import { type DestinationStream, pino } from 'pino';
import { describeError, KubesentimentError } from './errors.ts';
import { prettyLine } from './log-pretty.ts';

/**
 * Everything that is ever logged: a stable id, a sentence, and what to do about it where anything is to be done. Alerts
 * match the id or the event's name; `docs/logs.md` is made from this.
 */
export const logEvents = {
  service_started: ['KS1002', 'Started.'],
  kafka_disabled: ['KS1007', 'kafka.enabled is false: running without a consumer.'],
  service_draining: ['KS1003', 'Draining: no new messages, finishing those in flight.'],
  service_stopped: ['KS1004', 'Stopped.'],
  service_failed: [
    'KS1005',
    'Stopping because of an error.',
    'See error.code; the process has to be started again. [KafkaConsumerFatal](runbook.md#kafkaconsumerfatal)',
  ],
  config_warning: ['KS1102', 'The configuration is unusual.', 'The warning says which key, and why.'],
  keyring_loaded: ['KS1601', 'Keyring read.'],
  keyring_rejected: [
    'KS1602',
    'The keyring changed and cannot be used; the one before stays in force.',
    'Mend the file; it is read again when it changes.',
  ],
  keyring_exposed: ['KS1603', 'Others than its owner may read or change the keyring file.', 'chmod 600 it.'],
  credentials_renewed: ['KS1604', 'Connected again with the new certificates or passwords.'],
  credentials_rejected: [
    'KS1605',
    'Certificates or passwords changed and cannot be used yet; the old connections stay, and it is tried again.',
    'For a minute: nothing, the broker may not know of it yet. Else see error.code and mend the files.',
  ],
  model_loaded: ['KS1201', 'Model loaded.'],
  provider_unavailable: [
    'KS1202',
    'A wanted execution provider is not available; the next one computes.',
    'Install a runtime that has it, or take it out of model.execution_providers.',
  ],
  inference_failed: [
    'KS1203',
    'A batch could not be classified; it is halved and tried again.',
    'Once: nothing. Often: check the model with "kubesentiment model check", and the memory of the process.',
  ],
  broker_connected: ['KS1301', 'Connected to Kafka.'],
  broker_unreachable: [
    'KS1302',
    'Kafka cannot be reached; trying again.',
    'For a short time: nothing. Else check brokers, network and certificates with "kubesentiment doctor".',
  ],
  kafka_error: ['KS1303', 'Kafka reported an error.', 'See error.code; librdkafka goes on by itself.'],
  client_unpatched: [
    'KS1307',
    'exactly_once runs on a librdkafka without our patches; results can be lost or doubled.',
    'Run "node node_modules/kubesentiment/scripts/rdkafka-patch.mjs" and set kafka.allow_unpatched back to false.',
  ],
  consumers_idle: [
    'KS1306',
    'There are more consumers than partitions; the rest have nothing to read.',
    'Lower kafka.consumer_threads, run fewer processes, or add partitions.',
  ],
  partitions_assigned: ['KS1304', 'Partitions assigned.'],
  partitions_revoked: [
    'KS1305',
    'Partitions revoked.',
    'Again and again: [KafkaConsumerRebalanceStorm](runbook.md#kafkaconsumerrebalancestorm)',
  ],
  transaction_aborted: [
    'KS1401',
    'A transaction was aborted; its records are sent again.',
    'Again and again: [KafkaTransactionAbortsHigh](runbook.md#kafkatransactionabortshigh)',
  ],
  dead_letter: [
    'KS1403',
    'A message was given up on.',
    'Look at it with "kubesentiment dlq list". [KafkaConsumerErrorRateHigh](runbook.md#kafkaconsumererrorratehigh)',
  ],
  dead_letter_flood: [
    'KS1404',
    'Too large a share of the messages fails; the consumer stops.',
    'Find the reason, then start it again. [KafkaConsumerNotReady](runbook.md#kafkaconsumernotready)',
  ],
  http_listening: ['KS1501', 'HTTP server is listening.'],
  http_audit: ['KS1503', 'A caller over HTTP changed something, or tried to.'],
  http_failed: [
    'KS1502',
    'An HTTP request failed because of an error of ours.',
    'Report it with the stack. Messages of Kafka are not affected.',
  ],
  log_suppressed: [
    'KS1901',
    'Lines of a repeated event were left out.',
    'Nothing; "of" names the event and "lines" counts.',
  ],
} as const satisfies Record<string, readonly [id: string, sentence: string, remedy?: string]>;

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

/** Lines of one event that are written in ten seconds; the rest is counted and reported, but `http_audit`: all are. */
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
