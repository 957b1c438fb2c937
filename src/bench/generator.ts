/**
 * The sender of a measurement, in a separate process, so neither the consumer nor the measuring process can hold it
 * up. Messages from its parent tell it what to do, and it ends with the parent.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { KubesentimentError } from '../errors.ts';
import { AcknowledgedProducer } from '../kafka/acknowledged-producer.ts';
import { Histogram } from '../metrics/histogram.ts';
import type { FromGenerator, SendReport, SendTask, ToGenerator } from './generator-messages.ts';
import { payloadTexts, type RequestTemplate, requestTemplates } from './payload.ts';

type Setup = Extract<ToGenerator, { kind: 'setup' }>;

/** Number of different requests before they repeat. They are created before sending starts. */
const TEMPLATES = 20_000;
const KEYS = 5_000;
/**
 * How many requests in a row go to one partition, like a sticky partitioner: otherwise every few of them would form a
 * separate batch. At a fixed rate, as many as arrive within the linger time, but not fewer than a few; at most as many
 * as fill a batch of 16 KiB (the default of Kafka's own clients).
 */
const RUN_MIN = 16;
const RUN_MAX = 80;
/** Time between two checks of the clock, the broker's answers, and the parent. */
const CHUNK = 200;
const TELL_MS = 50;
/** If the broker accepts nothing for this long, sending ends. */
const LATE_MAX_MS = 60_000;
const FLUSH_ATTEMPTS = 4;

let producer: AcknowledgedProducer;
let setup: Setup;
let templates: RequestTemplate[] = [];
/** How many messages of the current task the parent allows to have been sent by now. */
let sentMax = 0;

process.on('message', (message: ToGenerator) => void obey(message).catch(fail));
process.on('disconnect', () => process.exit(0));

async function obey(message: ToGenerator): Promise<void> {
  if (message.kind === 'visible') sentMax = message.count + message.aheadMax;
  else if (message.kind === 'setup') await prepare(message);
  else if (message.kind === 'send') tell({ kind: 'done', report: await run(message.task) });
  else {
    await producer.disconnect();
    process.disconnect();
  }
}

async function prepare(wanted: Setup): Promise<void> {
  setup = wanted;
  producer = new AcknowledgedProducer({
    properties: {
      ...setup.properties,
      'linger.ms': setup.lingerMs,
      'compression.type': 'lz4',
      // Small, so the time for sending includes the broker's time.
      'queue.buffering.max.messages': 20_000,
    },
    topicProperties: {},
    topics: setup.topics,
    onWarning: () => undefined,
    onFatal: fail,
    connectTimeoutMs: 10_000,
  });
  templates = requestTemplates(payloadTexts(setup.payload, TEMPLATES));
  await producer.connect();
  tell({ kind: 'ready' });
}

async function run(task: SendTask): Promise<SendReport> {
  sentMax = 0;
  const cpuBefore = process.cpuUsage();
  const late = new Histogram();
  const startedAtMs = nowMs();
  const endsAtMs = startedAtMs + task.durationMs;
  // At a fixed rate all of them are sent, late if necessary.
  const total =
    task.ratePerS === undefined ? undefined : Math.round((task.ratePerS * task.durationMs) / 1_000);
  const wanted = (now: number): boolean =>
    total === undefined ? now < endsAtMs : sent < total && now < endsAtMs + LATE_MAX_MS;
  let sent = 0;
  let toldAtMs = startedAtMs;
  for (let now = startedAtMs; wanted(now); now = nowMs()) {
    const until = Math.min(total ?? Number.POSITIVE_INFINITY, dueBy(task, sent, startedAtMs, now));
    for (const end = Math.min(until, sent + CHUNK); sent < end; sent++) {
      // At a fixed rate latency counts from when a message was due, however late it is sent.
      const intendedMs = task.ratePerS === undefined ? now : startedAtMs + (sent * 1_000) / task.ratePerS;
      late.record(now - intendedMs);
      await send(task, sent, Math.floor(intendedMs));
    }
    if (now - toldAtMs >= TELL_MS) {
      toldAtMs = now;
      tell({ kind: 'sent', count: sent });
    }
    if (sent < until) await new Promise(setImmediate);
    else await sleep(1);
  }
  await flush();
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    sent,
    startedAtMs,
    seconds: (nowMs() - startedAtMs) / 1_000,
    lateP99Ms: late.percentile(99),
    lateMaxMs: late.max,
    cpuSeconds: (user + system) / 1e6,
  };
}

/** How many messages should have been sent by `now`. */
function dueBy({ ratePerS, keepsBack }: SendTask, sent: number, startedAtMs: number, now: number): number {
  if (ratePerS !== undefined) return Math.floor(((now - startedAtMs) * ratePerS) / 1_000) + 1; // the first at once
  return keepsBack ? sentMax : sent + CHUNK;
}

async function send(task: SendTask, index: number, intendedMs: number): Promise<void> {
  const { topic, idPrefix, ratePerS } = task;
  const template = templates[index % templates.length] as RequestTemplate;
  const lingering = ((ratePerS ?? Number.POSITIVE_INFINITY) * setup.lingerMs) / 1_000;
  const run = Math.round(Math.min(RUN_MAX, Math.max(RUN_MIN, lingering)));
  const record = {
    topic,
    partition: Math.floor(index / run) % producer.partitionCount(topic),
    key: `user-${index % KEYS}`,
    value: template.fill(`${idPrefix}${index}`, intendedMs),
    headers: [],
  };
  while (!producer.produce(record)) await sleep(1);
}

/** On a machine that is busy with other work, a flush can take longer than its timeout. */
async function flush(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await producer.flush();
    } catch (error) {
      if (attempt === FLUSH_ATTEMPTS) throw error;
    }
  }
}

/** Milliseconds since 1970, monotonic and more precise than Date.now. */
function nowMs(): number {
  return performance.timeOrigin + performance.now();
}

function tell(message: FromGenerator): void {
  process.send?.(message);
}

function fail(error: unknown): void {
  const known = error instanceof KubesentimentError;
  tell({
    kind: 'failed',
    code: known ? error.code : 'KS_INTERNAL',
    sentence: String((error as Error).message),
  });
}
