/**
 * The sender of a measurement, in a process of its own: nothing that the consumer or the one who measures does can
 * hold it up. It is told what to do by messages of its parent and ends with it.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { KubesentimentError } from '../errors.ts';
import { AcknowledgedProducer } from '../kafka/acknowledged-producer.ts';
import { LatencyHistogram } from '../metrics/histogram.ts';
import type { FromGenerator, SendReport, SendTask, ToGenerator } from './generator-messages.ts';
import { payloadTexts, type RequestTemplate, requestTemplates } from './payload.ts';

type Setup = Extract<ToGenerator, { kind: 'setup' }>;

/** Different requests; then they begin again. Making them is not part of sending. */
const TEMPLATES = 20_000;
const KEYS = 5_000;
/**
 * So many requests in a row go to one partition, as sticky partitioners do it: else every few of them would be a batch
 * of their own. At a fixed rate what comes within the linger, without one what fills a batch of 16 KiB (the default of
 * Kafka's own clients).
 */
const RUN = 16;
const RUN_SATURATED = 80;
/** Between two looks at the clock, at the answers of the broker, and at the parent. */
const CHUNK = 200;
const TELL_MS = 50;
/** A broker that takes no more for this long ends the sending. */
const LATE_MAX_MS = 60_000;
const FLUSH_ATTEMPTS = 4;

let producer: AcknowledgedProducer;
let setup: Setup;
let templates: RequestTemplate[] = [];
/** Messages of the running task that may have been sent by now, as the parent says. */
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
      // Little, so that the time for sending is the broker's time too.
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
  const late = new LatencyHistogram();
  const startedAtMs = nowMs();
  const endsAtMs = startedAtMs + task.durationMs;
  // At a fixed rate all of them are sent, in the worst case late.
  const total =
    task.ratePerS === undefined ? undefined : Math.round((task.ratePerS * task.durationMs) / 1_000);
  const wanted = (now: number): boolean =>
    total === undefined ? now < endsAtMs : sent < total && now < endsAtMs + LATE_MAX_MS;
  let sent = 0;
  let toldAtMs = startedAtMs;
  for (let now = startedAtMs; wanted(now); now = nowMs()) {
    const until = Math.min(total ?? Number.POSITIVE_INFINITY, dueBy(task, sent, startedAtMs, now));
    for (const end = Math.min(until, sent + CHUNK); sent < end; sent++) {
      // At a fixed rate the message counts from when it was due, however late it leaves.
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

/** How many messages shall have been sent by `now`. */
function dueBy({ ratePerS, keepsBack }: SendTask, sent: number, startedAtMs: number, now: number): number {
  if (ratePerS !== undefined) return Math.floor(((now - startedAtMs) * ratePerS) / 1_000) + 1; // the first one at once
  return keepsBack ? sentMax : sent + CHUNK;
}

async function send(task: SendTask, index: number, intendedMs: number): Promise<void> {
  const { topic, idPrefix, ratePerS } = task;
  const template = templates[index % templates.length] as RequestTemplate;
  const run = ratePerS === undefined ? RUN_SATURATED : RUN;
  const record = {
    topic,
    partition: Math.floor(index / run) % producer.partitionCount(topic),
    key: `user-${index % KEYS}`,
    value: template.fill(`${idPrefix}${index}`, intendedMs),
    headers: [],
  };
  while (!producer.produce(record)) await sleep(1);
}

/** On a machine that is busy with other things a flush can take longer than its timeout. */
async function flush(): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await producer.flush();
    } catch (error) {
      if (attempt === FLUSH_ATTEMPTS) throw error;
    }
  }
}

/** Milliseconds since 1970, monotonic and finer than Date.now. */
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
