/** Everything that tells an operator how the service is doing, read the way an operator reads it. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import Kafka from 'node-rdkafka';
import { lagExitCode, lagText } from '../../src/cli/lag-report.ts';
import { verifyExitCode, verifyText } from '../../src/cli/verify-report.ts';
import { LagProbe, type LagReport } from '../../src/cluster/lag-probe.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { Config } from '../../src/config/schema.ts';
import { examine } from '../../src/diagnose/doctor.ts';
import type { Finding } from '../../src/diagnose/doctor-finding.ts';
import { describeError } from '../../src/errors.ts';
import type { PartitionLag } from '../../src/lag.ts';
import { verifyDelivery } from '../../src/verify/verify.ts';
import type { Topics } from './delivery.ts';
import { freePort } from './free-port.ts';
import { noBroker, sharedBroker, uniqueName } from './kafka-broker.ts';
import { produceAll, type TestRecord } from './kafka-client.ts';
import { type ServiceProcess, type Settings, startService } from './service-process.ts';
import { topicSettings, uniqueTopics } from './topics.ts';

export { noBroker };

/** What they should say. What is not named is as when all is well. */
export interface Expected {
  /** Requests that wait, by page, metric, JSON and `lag`. */
  readonly lag?: number;
  /** Records behind an open transaction, by the same four. */
  readonly heldBack?: number;
  /** How many partitions there are, with the same lag and status. Default: 1. */
  readonly partitions?: number;
  /** Their status. */
  readonly status?: PartitionLag['status'];
  /** The exit code of `lag`. */
  readonly lagCode?: number;
  /** What `lag` says beside its table. */
  readonly lagSays?: RegExp;
  /** Exit code of `verify`: 0 kept, 1 broken, 3 cannot be told. */
  readonly verify?: number;
  readonly verifySays?: readonly RegExp[];
  /** By check: its status and what it says, remedy included. Other checks pass. */
  readonly doctor?: Readonly<Record<string, readonly [status: Finding['status'], says: RegExp]>>;
  /** The check of `/readyz` that fails. */
  readonly unready?: string;
  /** What the log of the service says. */
  readonly logSays?: RegExp;
}

/** One situation. */
export interface Situation {
  readonly name: string;
  readonly settings?: Settings;
  /** Settings of topics. */
  readonly topicConfig?: Partial<Record<keyof Topics, Readonly<Record<string, string>>>>;
  /** Before the service is started. */
  readonly before?: (scene: Scene) => Promise<unknown>;
  /** Once it runs, and is ready unless something else is expected. */
  readonly arrange?: (scene: Scene) => Promise<unknown>;
  readonly expected: Expected;
}

export interface Scene {
  readonly server: string;
  readonly topics: Topics;
  readonly group: string;
  readonly settings: Settings;
  readonly service: ServiceProcess | undefined;
  /** Stops the service and starts another one. */
  restart(meanwhile?: () => Promise<unknown>): Promise<void>;
  send(records: readonly TestRecord[], options?: { transaction?: 'commit' | 'abort' }): Promise<void>;
  /** Called when the row is over, however it ends. */
  onEnd(cleanUp: () => Promise<unknown>): void;
}

const LIMIT_MS = 60_000;
const LOOK_MS = 100;
/** Checks of `doctor` that say something of this machine, not of the cluster. */
const ofMachine = new Set(['node', 'addon', 'cpu', 'librdkafka', 'threads', 'model', 'configuration']);

/** A transaction of a producer that does not end it. */
export async function openTransaction({ server, topics, onEnd }: Scene, id: string): Promise<void> {
  const producer = new Kafka.Producer({
    'bootstrap.servers': server,
    log_level: 0,
    'transactional.id': id,
    'transaction.timeout.ms': 300_000,
  });
  const call = (start: (done: (error?: unknown) => void) => unknown): Promise<void> =>
    new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
  await call((done) => producer.connect({ timeout: LIMIT_MS }, done));
  await call((done) => producer.initTransactions(LIMIT_MS, done));
  await call((done) => producer.beginTransaction(done));
  const { value } = request();
  for (let i = 0; i < 3; i++)
    producer.produce(topics.requests, 0, Buffer.from(String(value)), null, Date.now() - 60_000);
  await call((done) => producer.flush(LIMIT_MS, done));
  onEnd(async () => {
    await call((done) => producer.abortTransaction(LIMIT_MS, done));
    await call((done) => producer.disconnect(() => done()));
  });
}

export const request = (text = 'It was fine.'): TestRecord => ({ value: JSON.stringify({ text }) });
export const requests = (count: number): TestRecord[] => Array.from({ length: count }, () => request());

/** Arranges the situation and waits until all instruments say what is expected; fails with what they say instead. */
export async function check({
  settings = {},
  topicConfig,
  before,
  arrange,
  expected,
}: Situation): Promise<void> {
  const { bootstrapServers: server, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const [kind, name] of Object.entries(topics))
    await createTopic(name, 1, topicConfig?.[kind as keyof Topics] ?? {});
  const group = uniqueName('group');
  const port = await freePort();
  const all: Settings = {
    'kafka.bootstrap_servers': server,
    ...topicSettings(topics),
    'kafka.consumer_group': group,
    'kafka.consumer_threads': 1,
    'kafka.auto_offset_reset': 'latest',
    'kafka.dlq_stop_ratio': 0,
    'model.path': 'null',
    ...settings,
  };
  const start = (): ServiceProcess => startService({ ...all, 'http.port': port });
  const cleanUps: (() => Promise<unknown>)[] = [];
  let service: ServiceProcess | undefined;
  const scene: Scene = {
    ...{ server, topics, group, settings: all },
    get service() {
      return service;
    },
    send: (records, options = {}) => produceAll(server, topics.requests, records, options),
    restart: async (meanwhile) => {
      await stop(service as ServiceProcess);
      await meanwhile?.();
      service = start();
      await untilReady(port, service);
    },
    onEnd: (cleanUp) => cleanUps.push(cleanUp),
  };
  try {
    await before?.(scene);
    service = start();
    if (expected.unready !== 'assigned') await untilReady(port, service);
    else await service.waitFor('http_listening');
    await arrange?.(scene);
    await untilSame(() => serviceSays(port, service as ServiceProcess, expected), service);
    await untilSame(() => commandsSay(scene, expected), service);
  } finally {
    for (const cleanUp of cleanUps) await cleanUp();
    service?.kill('SIGKILL');
    await service?.exited;
  }
}

async function stop(service: ServiceProcess): Promise<void> {
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
}

async function untilReady(port: number, service: ServiceProcess): Promise<void> {
  await service.waitFor('http_listening');
  for (const deadline = performance.now() + LIMIT_MS; ; await sleep(20)) {
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined);
    if (answer?.status === 200) return;
    assert.ok(performance.now() < deadline, service.log());
  }
}

/** A pair of what is said and what should be: asked again while they differ, for a group takes its time. */
async function untilSame(ask: () => Promise<[unknown, unknown]>, service: ServiceProcess): Promise<void> {
  for (const deadline = performance.now() + LIMIT_MS; ; await sleep(LOOK_MS)) {
    const [said, expected] = await ask();
    try {
      assert.deepEqual(said, expected);
      return;
    } catch (error) {
      if (performance.now() < deadline) continue;
      (error as Error).message += `\n${service.log()}`;
      throw error;
    }
  }
}

/** A sentence that is as expected stands for itself. */
function match(text: string, pattern: RegExp | undefined): unknown {
  return pattern?.test(text) ? pattern : text;
}

async function serviceSays(
  port: number,
  service: ServiceProcess,
  { lag = 0, heldBack = 0, status = 'ok', partitions = 1, unready, logSays }: Expected,
): Promise<[unknown, unknown]> {
  const get = (path: string): Promise<Response> => fetch(`http://127.0.0.1:${port}${path}`);
  const metrics = await (await get('/metrics')).text();
  const json = (await (await get('/api/v1/kafka-metrics')).json()) as {
    consumer_group_lag: number;
    lag: PartitionLag[];
  };
  const page = (await (await get('/health/details')).json()) as {
    partitions: { lagMessages: number; heldBack: number; status: string }[];
  };
  const readiness = (await (await get('/readyz')).json()) as { checks: { name: string; ok: boolean }[] };
  const isAssigned = unready !== 'assigned';
  const each = Array.from({ length: partitions }, () => [lag, heldBack, status]);
  return [
    {
      metric: isAssigned
        ? [gauge(metrics, 'kafka_consumer_lag'), gauge(metrics, 'kafka_consumer_held_back')]
        : [],
      json: [
        json.consumer_group_lag,
        ...json.lag.map((entry) => [entry.messages, entry.heldBack, entry.status]),
      ],
      page: page.partitions.map((entry) => [entry.lagMessages, entry.heldBack, entry.status]),
      unready: readiness.checks.filter(({ ok }) => !ok).map(({ name }) => name),
      log: logSays === undefined || logSays.test(service.log()) || service.log(),
    },
    {
      metric: isAssigned ? [lag, heldBack] : [],
      json: isAssigned ? [lag * partitions, ...each] : [0],
      page: isAssigned ? each : [],
      unready: unready === undefined ? [] : [unready],
      log: true,
    },
  ];
}

function gauge(metrics: string, name: string): number {
  return Number(new RegExp(`^${name}\\{.*partition="0".*\\} (\\S+)$`, 'm').exec(metrics)?.[1] ?? Number.NaN);
}

/** The commands, in this process: starting one for each would take most of the time. */
async function commandsSay({ settings }: Scene, expected: Expected): Promise<[unknown, unknown]> {
  const {
    lag = 0,
    heldBack = 0,
    status = 'ok',
    lagCode = 0,
    lagSays,
    verify = 0,
    verifySays = [],
  } = expected;
  const { config } = loadConfig({ overrides: settings });
  const lagged = await lagOf(config);
  const verified = await verifyDelivery(config).then(
    (report) => ({ code: verifyExitCode(report), text: verifyText(report) }),
    (error: unknown) => ({ code: 1, text: describeError(error) }),
  );
  const findings = (await examine({ config, threadPoolSize: 16 })).filter(
    ({ name, status }) => !ofMachine.has(name) && status !== 'ok' && status !== 'skipped',
  );
  const doctorSays = expected.doctor ?? {};
  return [
    {
      lag: lagged.partitions.map((entry) => [entry.messages, entry.heldBack, entry.status]),
      lagCode: lagExitCode(lagged),
      lagSays: match(lagText(lagged), lagSays),
      verify: verified,
      doctor: findings.map(({ name, status, detail, remedy = '' }) => {
        return [name, status, match(`${detail} ${remedy}`, doctorSays[name]?.[1] ?? /^$/)];
      }),
    },
    {
      lag: Array.from({ length: expected.partitions ?? 1 }, () => [lag, heldBack, status]),
      lagCode,
      lagSays: lagSays ?? lagText(lagged),
      verify: {
        code: verify,
        text: verifySays.every((pattern) => pattern.test(verified.text)) ? verified.text : verifySays,
      },
      doctor: Object.entries(doctorSays).map(([name, [status, says]]) => [name, status, says]),
    },
  ];
}

async function lagOf(config: Config): Promise<LagReport> {
  const probe = new LagProbe(config);
  try {
    await probe.connect();
    let report = await probe.look();
    for (; probe.isUndecided(report); report = await probe.look()) await sleep(LOOK_MS);
    return report;
  } finally {
    await probe.close();
  }
}
