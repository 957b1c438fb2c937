import { type DestinationStream, pino } from 'pino';
import { describeError, KubesentimentError } from './errors.ts';
import { prettyLine } from './log-pretty.ts';

/**
 * Every event that is logged: a stable id, a sentence and, where there is something to do, a remedy. Alerts match on
 * the id or the name of the event. `docs/logs.md` is generated from this table.
 */
export const logEvents = {
  service_started: ['KS1002', 'Started.'],
  kafka_disabled: ['KS1007', 'kafka.enabled is false: running without a consumer.'],
  service_draining: ['KS1003', 'Draining: taking no new messages, finishing those in flight.'],
  service_stopped: ['KS1004', 'Stopped.'],
  service_failed: [
    'KS1005',
    'Stopping because of an error.',
    'See error.code, then restart the process. [KafkaConsumerFatal](runbook.md#kafkaconsumerfatal)',
  ],
  event_loop_blocked: [
    'KS1008',
    'The event loop stands still; the process ends with exit code 70.',
    '"where" says where it stands, "in_hand" which messages it had in hand. ' +
      '[Exit code 70](troubleshooting.md#exit-code-70)',
  ],
  stall_not_remembered: [
    'KS1009',
    'The messages in hand could not be remembered: if one of them is to blame, the process will end again.',
    'See "reason". The group NAME-watchdog needs the right to read. [Exit code 70](troubleshooting.md#exit-code-70)',
  ],
  marked_messages: [
    'KS1010',
    'A process has stood still with these messages in hand; they are processed one at a time.',
    '[Exit code 70](troubleshooting.md#exit-code-70)',
  ],
  marks_refused: [
    'KS1012',
    'The user may not read this group: messages that make the event loop stand still are not remembered.',
    'Give the user the right to read it. [Exit code 70](troubleshooting.md#exit-code-70)',
  ],
  watchdog_failed: [
    'KS1011',
    'The watchdog has ended: nobody will notice if the event loop stands still.',
    'Report it, and restart the process when convenient.',
  ],
  config_warning: ['KS1102', 'The configuration is unusual.', 'The warning names the key and the reason.'],
  keyring_loaded: ['KS1601', 'Keyring loaded.'],
  keyring_rejected: [
    'KS1602',
    'The keyring has changed and cannot be used; the previous one stays in use.',
    'Fix the file; it is read again when it changes.',
  ],
  keyring_exposed: [
    'KS1603',
    'Users other than the owner can read or change the keyring file.',
    'Run chmod 600 on it.',
  ],
  credentials_renewed: ['KS1604', 'Reconnected with the new certificates or passwords.'],
  credentials_rejected: [
    'KS1605',
    'Certificates or passwords have changed and do not work yet; keeping the old connections and trying again.',
    'Wait a minute: the broker may not know them yet. If it goes on, see error.code and fix the files.',
  ],
  model_loaded: ['KS1201', 'Model loaded.'],
  model_note: [
    'KS1204',
    'Something about the model was assumed, or may surprise.',
    'The note says what. [What loads](models.md)',
  ],
  provider_unavailable: [
    'KS1202',
    'A configured execution provider is not available; using the next one.',
    'Install an ONNX Runtime that has it, or remove it from model.execution_providers.',
  ],
  inference_failed: [
    'KS1203',
    'A batch could not be classified; it is split in two and tried again.',
    'If it happens often, check the model with "kubesentiment model check" and the memory of the process.',
  ],
  broker_connected: ['KS1301', 'Connected to Kafka.'],
  broker_unreachable: [
    'KS1302',
    'Kafka cannot be reached; trying again.',
    'If it goes on, check brokers, network and certificates with "kubesentiment doctor".',
  ],
  kafka_error: ['KS1303', 'Kafka reported an error.', 'See error.code; librdkafka recovers by itself.'],
  client_unpatched: [
    'KS1307',
    'exactly_once is running on a librdkafka without our patches; results can be lost or duplicated.',
    'Run "node node_modules/kubesentiment/scripts/rdkafka-patch.mjs" and set kafka.allow_unpatched to false.',
  ],
  consumers_idle: [
    'KS1306',
    'There are more consumers than partitions; some have nothing to read.',
    'Lower kafka.consumer_threads, run fewer processes, or add partitions.',
  ],
  partitions_assigned: ['KS1304', 'Partitions assigned.'],
  offsets_skipped: [
    'KS1308',
    'Requests were deleted before they were read; the partition is read on at the oldest one that is left.',
    'Compare retention.ms of the topic with the lag; kafka_offsets_skipped_total counts them. ' +
      '[Offsets skipped](troubleshooting.md#offsets-skipped)',
  ],
  partition_reset: [
    'KS1309',
    'A partition has another log: its topic was created again, or its broker has lost records.',
    'All requests of the new log are answered; what the old one had left is gone. ' +
      '[Partition reset](troubleshooting.md#partition-reset)',
  ],
  requests_held_back: [
    'KS1310',
    'Requests cannot be read: a transaction of another producer is open before them.',
    'End it: "kafka-transactions.sh abort", or restart the producer that "holder" names. ' +
      '[KafkaRequestsHeldBack](runbook.md#kafkarequestsheldback)',
  ],
  batch_unreadable: [
    'KS1311',
    'A batch of messages cannot be read; its partition stands still, and nothing is skipped.',
    'The reason says what to change. [A partition stands still](troubleshooting.md#a-partition-stands-still)',
  ],
  codecs_missing: [
    'KS1312',
    'librdkafka was built without some compressions; a partition stands still at a batch that has one of them.',
    'Install the development packages (zlib1g-dev, libzstd-dev) and compile node-rdkafka again. ' +
      '[A partition stands still](troubleshooting.md#a-partition-stands-still)',
  ],
  partitions_revoked: [
    'KS1305',
    'Partitions revoked.',
    'If it repeats: [KafkaConsumerRebalanceStorm](runbook.md#kafkaconsumerrebalancestorm)',
  ],
  transaction_aborted: [
    'KS1401',
    'A transaction was aborted; its records will be sent again.',
    'If it repeats: [KafkaTransactionAbortsHigh](runbook.md#kafkatransactionabortshigh)',
  ],
  dead_letter: [
    'KS1403',
    'A message could not be processed.',
    'Look at it with "kubesentiment dlq list". [KafkaConsumerErrorRateHigh](runbook.md#kafkaconsumererrorratehigh)',
  ],
  dead_letter_flood: [
    'KS1404',
    'Too many messages fail; the consumer stops.',
    'Find the cause, then restart it. [KafkaConsumerNotReady](runbook.md#kafkaconsumernotready)',
  ],
  consumer_paused: [
    'KS1314',
    'An operator has paused partitions: nothing is taken from them.',
    '"kubesentiment resume" goes on. [KafkaConsumerPaused](runbook.md#kafkaconsumerpaused)',
  ],
  consumer_resumed: ['KS1315', 'An operator has let the consumer go on.'],
  http_listening: ['KS1501', 'The HTTP server is listening.'],
  http_audit: ['KS1503', 'An HTTP client changed something, or tried to.'],
  offsets_reset: ['KS1313', 'The offsets of the group have been moved by hand.'],
  http_failed: [
    'KS1502',
    'An HTTP request failed because of a bug.',
    'Report it with the stack trace. Kafka messages are not affected.',
  ],
  log_suppressed: [
    'KS1901',
    'Repeated log lines were dropped.',
    '"of" names the event, "lines" says how many.',
  ],
  log_lost: [
    'KS1902',
    'Log lines were lost because standard error could not be written to.',
    '"lines" says how many. If standard error is a file, look at its disk.',
  ],
} as const satisfies Record<string, readonly [id: string, sentence: string, remedy?: string]>;

export type LogEvent = keyof typeof logEvents;

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

export interface Logger {
  readonly debug: LogMethod;
  readonly info: LogMethod;
  readonly warn: LogMethod;
  readonly error: LogMethod;
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

  return { debug: method('debug'), info: method('info'), warn: method('warn'), error: method('error') };
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
