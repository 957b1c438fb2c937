import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../src/config/load.ts';
import { verifyDelivery } from '../../src/verify/verify.ts';
import { startMeasuredBroker } from '../helpers/kafka-broker.ts';
import { root } from '../helpers/paths.ts';
import { Load } from '../chaos/load.ts';
import { Member } from '../chaos/member.ts';
import { topicSettings } from '../helpers/topics.ts';

export interface SoakOptions {
  readonly minutes: number;
  readonly rate: number;
  readonly model: string;
  readonly print: (line: string) => void;
}

/** What is sampled, and the metric of the service that says it. */
export const quantities = [
  { name: 'rss', unit: 'MiB', metric: 'process_resident_memory_bytes', scale: 2 ** 20 },
  { name: 'heap', unit: 'MiB', metric: 'nodejs_heap_size_used_bytes', scale: 2 ** 20 },
  { name: 'external', unit: 'MiB', metric: 'nodejs_external_memory_bytes', scale: 2 ** 20 },
  { name: 'handles', unit: 'handles', metric: 'nodejs_active_handles_total', scale: 1 },
  { name: 'openFiles', unit: 'files', metric: 'process_open_fds', scale: 1 },
  { name: 'eventLoopP99', unit: 'ms', metric: 'nodejs_eventloop_lag_p99_seconds', scale: 1e-3 },
  { name: 'inflight', unit: 'messages', metric: 'kafka_inflight_messages', scale: 1 },
  // Where it grows the machine is too slow for the rate, and what is fetched ahead fills memory up to its limit.
  { name: 'lag', unit: 'messages', metric: 'kafka_consumer_lag', scale: 1 },
] as const;

export type Sample = Readonly<Record<(typeof quantities)[number]['name'] | 'second', number>>;

export interface SoakResult {
  readonly samples: readonly Sample[];
  readonly sent: number;
  readonly lost: number;
  readonly doubled: number;
  readonly exitCode: number | string;
}

const SAMPLE_MS = 5_000;
const PRINT_EVERY = 12;
const PARTITIONS = 6;
const DRAIN_TIMEOUT_MS = 120_000;
const topics = { requests: 'requests', results: 'results', deadLetters: 'dead-letters' };

/** A broker and one process of the service, under a steady load with one bad message in a hundred. */
export async function runSoak({ minutes, rate, model, print }: SoakOptions): Promise<SoakResult> {
  const broker = await startMeasuredBroker();
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-soak-'));
  let port = 0;
  try {
    await broker.createTopic(topics.requests, PARTITIONS);
    await broker.createTopic(topics.results, PARTITIONS);
    await broker.createTopic(topics.deadLetters, 1);
    const settings = {
      'kafka.bootstrap_servers': broker.bootstrapServers,
      'kafka.consumer_group': 'soak',
      ...topicSettings(topics),
      'kafka.consumer_threads': 2,
      'kafka.auto_offset_reset': 'earliest',
      'model.path': model,
      'model.max_threads': 1,
      'http.port': 0,
      'logging.format': 'json',
    };
    const service = new Member({
      identity: 'soak',
      product: root,
      settings,
      logPath: join(folder, 'service.log'),
      onLog: ({ event, port: bound }) => {
        if (event === 'http_listening') port = bound as number;
      },
    });
    while (!service.hasJoined) {
      if (!service.running) throw new Error(`The service did not start; see ${folder}.`);
      await sleep(100);
    }
    const load = new Load({
      bootstrapServers: broker.bootstrapServers,
      topic: topics.requests,
      partitions: PARTITIONS,
      records: Math.round(rate * minutes * 60),
      perSecond: rate,
      seed: 1,
    });
    await load.start();
    load.allow(1);
    const samples = await watch(port, minutes, print);
    await load.finish();
    await caughtUp(port);
    service.signal('SIGTERM');
    const exitCode = await service.exited;
    const { config } = loadConfig({ overrides: settings });
    const { lost, pending, duplicated, both } = await verifyDelivery(config);
    return {
      samples,
      sent: load.acknowledged,
      lost: lost.count + pending,
      doubled: duplicated.count + both.count,
      exitCode,
    };
  } finally {
    await broker.kill();
  }
}

/** What is not committed by then counts as lost. */
async function caughtUp(port: number): Promise<void> {
  for (
    const deadline = performance.now() + DRAIN_TIMEOUT_MS;
    performance.now() < deadline;
    await sleep(500)
  ) {
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    if (metricValue(text, 'kafka_consumer_lag') + metricValue(text, 'kafka_inflight_messages') === 0) return;
  }
}

async function watch(port: number, minutes: number, print: SoakOptions['print']): Promise<Sample[]> {
  const samples: Sample[] = [];
  const startedAt = performance.now();
  for (const endsAt = startedAt + minutes * 60_000; performance.now() < endsAt; ) {
    await sleep(SAMPLE_MS);
    const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
    const second = Math.round((performance.now() - startedAt) / 1_000);
    const entries = quantities.map(({ name, metric, scale }) => [name, metricValue(text, metric) / scale]);
    samples.push({ second, ...Object.fromEntries(entries) });
    if (samples.length % PRINT_EVERY === 0) print(JSON.stringify(samples.at(-1)));
  }
  return samples;
}

/** Over all labels. */
function metricValue(text: string, metric: string): number {
  const found = [...text.matchAll(new RegExp(`^${metric}(?:\\{[^}]*\\})? (\\S+)`, 'gm'))];
  if (found.length === 0) throw new Error(`The service has no metric ${metric}.`);
  return found.reduce((sum, [, value]) => sum + Number(value), 0);
}
