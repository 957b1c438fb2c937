import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { producerProperties, producerTopicProperties } from '../config/librdkafka.ts';
import type { Config } from '../config/schema.ts';
import { KubesentimentError } from '../errors.ts';
import { AcknowledgedProducer } from '../kafka/acknowledged-producer.ts';
import { clusterProperties } from './access.ts';

export const lineFormats = ['auto', 'json', 'text'] as const;
export type LineFormat = (typeof lineFormats)[number];

export interface ProduceOptions {
  readonly topic: string;
  /** `auto`: JSON if the first non-empty line begins with a brace. */
  readonly format: LineFormat;
  /** Field of each JSON line to use as the key of the record. */
  readonly keyField?: string;
  /** Records per second; undefined: as fast as possible. */
  readonly rate?: number;
  /** The lines end soon after it, and what the broker then does not acknowledge is given up on. */
  readonly stop?: AbortSignal;
  readonly onConnected?: () => void;
}

export interface ProduceReport {
  readonly topic: string;
  readonly sent: number;
  readonly seconds: number;
}

const CONNECT_TIMEOUT_MS = 10_000;
/** Waits for acknowledgements after so many records, so that a file of any length needs little memory. */
const UNACKNOWLEDGED_MAX = 10_000;
/** How long a broker that has gone may keep a command from ending that was told to. */
const STOP_MS = 5_000;

/**
 * Sends each non-empty line as one request, in order. Resolves when the broker has acknowledged all of them.
 * KS_USAGE with the number of the line that is not a valid request; the lines before it have been sent.
 */
export async function produceLines(
  config: Config,
  lines: AsyncIterable<string>,
  options: ProduceOptions,
): Promise<ProduceReport> {
  const { topic, keyField, rate } = options;
  const producer = createProducer(config, topic);
  try {
    await producer.connect();
    options.onConnected?.();
    const startedAt = performance.now();
    let [number, sent] = [0, 0];
    let format = options.format;
    try {
      for await (const read of lines) {
        const line = ++number === 1 ? withoutMark(read) : read;
        if (line.trim() === '') continue;
        if (format === 'auto') format = line.trimStart().startsWith('{') ? 'json' : 'text';
        const { value, key } = toRequest(line, number, format, keyField);
        const record = { topic, partition: -1, value: Buffer.from(value), key, headers: [] };
        while (!producer.produce(record)) await sleep(10);
        sent++;
        if (sent % UNACKNOWLEDGED_MAX === 0) await flush(producer, options.stop);
        const aheadMs = rate === undefined ? 0 : startedAt + (1_000 * sent) / rate - performance.now();
        if (aheadMs > 1) await sleep(aheadMs);
      }
    } finally {
      await flush(producer, options.stop);
    }
    return { topic, sent, seconds: (performance.now() - startedAt) / 1_000 };
  } finally {
    await producer.disconnect().catch(() => undefined); // it may never have been connected
  }
}

/** KS_BROKER_UNREACHABLE if the broker does not acknowledge everything soon after `stop`. */
async function flush(producer: AcknowledgedProducer, stop: AbortSignal | undefined): Promise<void> {
  const flushed = producer.flush();
  if (stop === undefined) return flushed;
  const ended = new AbortController();
  const givenUp = (async () => {
    if (!stop.aborted) await once(stop, 'abort', { signal: ended.signal });
    await sleep(STOP_MS, undefined, { signal: ended.signal });
    const { unacknowledged } = producer;
    const sentence = `The broker has not acknowledged ${unacknowledged} of the requests.`;
    const remedy = 'They may have arrived: compare the topic with the file before sending them again.';
    throw new KubesentimentError('KS_BROKER_UNREACHABLE', sentence, { remedy });
  })();
  flushed.catch(() => undefined); // nobody waits for it any more
  try {
    await Promise.race([flushed, givenUp]);
  } finally {
    ended.abort();
  }
}

/** The first line of a file without its byte-order mark. KS_USAGE if it is UTF-16, of which UTF-8 makes this. */
export function withoutMark(line: string): string {
  if (/^\ufffd\ufffd|^(?:[^\0]\0){2}|^(?:\0[^\0]){2}/.test(line)) {
    throw new KubesentimentError('KS_USAGE', 'The file looks like UTF-16; requests are UTF-8.', {
      remedy: 'Convert it first: iconv -f UTF-16 -t UTF-8.',
    });
  }
  return line.replace(/^\ufeff/, '');
}

/** Value and key of the request on a line. Errors never quote the line. */
export function toRequest(
  line: string,
  number: number,
  format: LineFormat,
  keyField?: string,
): { value: string; key: string | null } {
  if (format === 'text') return { value: JSON.stringify({ text: line }), key: null };
  let parsed: unknown;
  try {
    parsed = JSON.parse(line);
  } catch {
    // Reported below; the line is user data and must not be quoted.
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed)) {
    throw new KubesentimentError('KS_USAGE', `Line ${number} is not a JSON object.`, {
      remedy: 'The lines before it have been sent. For plain sentences use --format text.',
    });
  }
  if (keyField === undefined) return { value: line, key: null };
  const key: unknown = (parsed as Record<string, unknown>)[keyField];
  return { value: line, key: typeof key === 'string' || typeof key === 'number' ? String(key) : null };
}

function createProducer(config: Config, topic: string): AcknowledgedProducer {
  const { kafka } = config;
  const settings = {
    ...config,
    kafka: { ...kafka, delivery: 'at_least_once', producer_acks: 'all' },
  } as const;
  return new AcknowledgedProducer({
    properties: { ...producerProperties(settings), ...clusterProperties(config) },
    topicProperties: producerTopicProperties(settings),
    topics: [topic],
    onWarning: () => undefined,
    onFatal: () => undefined, // flush rejects the record that was hit
    connectTimeoutMs: CONNECT_TIMEOUT_MS,
  });
}
