/**
 * How long a partition stands when four static members are replaced one after the other at 70 % of what they can do:
 * gaps between results of the same partition, by the broker's clock. With the present version, and with a former one
 * before it if `npm run former` has built one. See docs/operations.md, "Upgrade".
 */
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Delivery, waitForDelivery } from '../test/helpers/delivery.ts';
import { formerVersion } from '../test/helpers/former-version.ts';
import { type Broker, startBroker, uniqueName } from '../test/helpers/kafka-broker.ts';
import { readAll } from '../test/helpers/kafka-client.ts';
import { root } from '../test/helpers/paths.ts';
import { type Recipe, type Replacement, RollingGroup } from '../test/helpers/rolling-group.ts';
import { SteadySender } from '../test/helpers/steady-sender.ts';
import { topicSettings, uniqueTopics } from '../test/helpers/topics.ts';
import { positionsOf } from './lib/backlog-rate.ts';
import { type Gap, gapsOf, quantile } from './lib/gaps.ts';
import { readOptions } from './lib/options.ts';
import { report, runBenchmark, say } from './lib/report.ts';
import { rounded } from './lib/statistics.ts';
import { benchmarkTexts, fillTopic, stampedByBroker } from './lib/topics.ts';

const MEMBERS = 4;
const PARTITIONS = 8;
const LOAD = 0.7;
const TEXTS = 20_000;
const SETTLE_MS = 5_000;
/** Between two replacements. */
const REST_MS = 5_000;
/** It may have fallen behind. */
const CATCH_UP_MS = 300_000;
const SESSION_MS = 60_000;

interface Variant {
  readonly name: string;
  readonly from: string;
  readonly recipe: Recipe;
}

const former = formerVersion?.home;
const variants: readonly Variant[] = [
  { name: 'stop_first', from: root, recipe: 'stop first' },
  { name: 'start_first', from: root, recipe: 'start first' },
  ...(former === undefined
    ? []
    : ([{ name: 'start_first_former', from: former, recipe: 'start first' }] as const)),
];

await runBenchmark(async (argv) => {
  const { json, set, messages } = readOptions(argv, { messages: 60_000 });
  const more = Object.fromEntries(set.map((each) => each.split(/=(.*)/s).slice(0, 2) as [string, string]));
  const broker = await startBroker({
    javaOptions: [],
    properties: {
      'group.consumer.session.timeout.ms': String(SESSION_MS),
      'group.consumer.heartbeat.interval.ms': '1000',
      'group.consumer.min.heartbeat.interval.ms': '1000',
    },
  });
  try {
    const most = await fastest(broker, messages, more);
    const rate = Math.round(LOAD * most);
    say(`Four processes do ${Math.round(most)} messages/s; they get ${rate}.`);
    const runs = [];
    for (const variant of variants) {
      const run = await roll(broker, variant, rate, more);
      say(`${variant.name}: ${JSON.stringify(run.figures)}`);
      runs.push(run);
    }
    const figures = Object.assign({}, ...runs.map(({ figures }) => figures)) as Record<string, number>;
    report(
      'bench:rolling',
      argv,
      json,
      { fastest_tps: Math.round(most), rate, ...figures },
      {
        ...{ members: MEMBERS, partitions: PARTITIONS, settings: set, load_average: loadavg()[0] },
        former: formerVersion && { commit: formerVersion.commit, date: formerVersion.date },
        runs,
      },
    );
  } finally {
    await broker.stop();
  }
});

function groupOf(
  broker: Broker,
  topics: ReturnType<typeof uniqueTopics>,
  recipe: Recipe,
  more: object,
): RollingGroup {
  const group = uniqueName('group');
  return new RollingGroup((member) => ({
    'kafka.bootstrap_servers': broker.bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': group,
    'kafka.consumer_threads': 1,
    'kafka.group_instance_id': `m${member}`,
    ...(recipe === 'start first'
      ? { 'kafka.group_protocol': 'consumer' }
      : { 'kafka.session_timeout_ms': SESSION_MS, 'kafka.transactional_id': `${group}-m${member}` }),
    'model.path': 'models/default',
    ...more,
  }));
}

/** Messages a second of all four together, with a backlog. */
async function fastest(broker: Broker, messages: number, more: object): Promise<number> {
  const topics = await topicsOn(broker);
  const filled = uniqueName('backlog');
  await fillTopic(broker, filled, PARTITIONS, benchmarkTexts(messages));
  const group = groupOf(broker, { ...topics, requests: filled }, 'stop first', more);
  await group.start(MEMBERS, PARTITIONS / MEMBERS, root);
  let before = 0;
  for (let count = -1; count < messages; await sleep(1_000)) {
    before = count;
    count = await positionsOf(broker.bootstrapServers, topics.results);
    if (count === before && count > 0.9 * messages) break;
  }
  await group.stop();
  const times = (await readAll(broker.bootstrapServers, topics.results)).map(
    ({ timestamp = 0 }) => timestamp,
  );
  times.sort((a, b) => a - b);
  // Without the beginning, in which not all are there, and the end, in which some have nothing left.
  const [from, to] = [Math.floor(0.3 * times.length), Math.floor(0.8 * times.length)];
  return (1_000 * (to - from)) / ((times[to] as number) - (times[from] as number));
}

async function roll(broker: Broker, { name, from, recipe }: Variant, rate: number, more: object) {
  const topics = await topicsOn(broker);
  const texts = benchmarkTexts(TEXTS);
  const group = groupOf(broker, topics, recipe, more);
  await group.start(MEMBERS, PARTITIONS / MEMBERS, from);
  const plan = {
    server: broker.bootstrapServers,
    topic: topics.requests,
    partitions: PARTITIONS,
    perSecond: rate,
  };
  const sender = await SteadySender.start({ ...plan, text: (i) => texts[i % TEXTS] as string });
  await sleep(SETTLE_MS);
  const replacements: Replacement[] = [];
  for (let member = 0; member < MEMBERS; member++) {
    replacements.push(await group.replace(member, root, recipe));
    await sleep(REST_MS);
  }
  const sent = await sender.stop();
  const delivery = await waitForDelivery(broker.bootstrapServers, topics, sent, CATCH_UP_MS);
  await group.stop();
  const requests = await readAll(broker.bootstrapServers, topics.requests);
  const gaps = gapsOf(delivery.results, replacements);
  return { name, sent, figures: figuresOf(name, delivery, requests, gaps, replacements), replacements, gaps };
}

function figuresOf(
  name: string,
  { lost, doubled, outOfOrder, results }: Delivery,
  requests: Awaited<ReturnType<typeof readAll>>,
  gaps: readonly Gap[],
  replacements: readonly Replacement[],
): Record<string, number> {
  const cameAt = new Map(
    requests.map(({ partition, offset, timestamp }) => [`${partition}/${offset}`, timestamp ?? 0]),
  );
  const latencies = results
    .map(({ value, timestamp = 0 }) => {
      const { source } = JSON.parse(String(value)) as { source: { partition: number; offset: number } };
      return timestamp - (cameAt.get(`${source.partition}/${source.offset}`) ?? timestamp);
    })
    .sort((a, b) => a - b);
  const figures = {
    ...{ lost: lost.length, doubled: doubled.length, out_of_order: outOfOrder.length },
    drain_max_ms: Math.round(Math.max(...replacements.map(({ drainMs }) => drainMs))),
    gap_max_ms: Math.max(...gaps.map(({ ms }) => ms)),
    gap_beyond_drain_max_ms: Math.round(Math.max(...gaps.map(({ beyondDrainMs }) => beyondDrainMs))),
    gap_p99_ms: quantile(
      gaps.map(({ ms }) => ms).sort((a, b) => a - b),
      0.99,
    ),
    latency_p50_ms: quantile(latencies, 0.5),
    latency_p99_ms: quantile(latencies, 0.99),
    latency_max_ms: latencies.at(-1) ?? 0,
  };
  return Object.fromEntries(
    Object.entries(figures).map(([key, value]) => [`${name}_${key}`, rounded(value, 1)]),
  );
}

async function topicsOn(broker: Broker): Promise<ReturnType<typeof uniqueTopics>> {
  const topics = uniqueTopics();
  await broker.createTopic(topics.requests, PARTITIONS, stampedByBroker);
  await broker.createTopic(topics.results, PARTITIONS, stampedByBroker);
  await broker.createTopic(topics.deadLetters, 1);
  return topics;
}
