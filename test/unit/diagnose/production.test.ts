import assert from 'node:assert/strict';
import { test } from 'node:test';
import { memory, openFiles, productionLocalChecks } from '../../../src/diagnose/production-local.ts';
import {
  brokerSettings,
  cleanup,
  durability,
  replicas,
  retention,
  sizes,
} from '../../../src/diagnose/production-topics.ts';
import { loadConfig } from '../../../src/config/load.ts';
import type { PartitionMetadata } from '../../../src/kafka/connect.ts';

const { config } = loadConfig();
const { config: enriching } = loadConfig({ overrides: { 'result.shape': 'request' } });
const topics = ['sentiment_requests', 'sentiment_results', 'sentiment_requests_dlq'];

/** Settings that pass, with some changed for one topic. */
function configs(changed: Record<string, string> = {}, name = 'sentiment_requests') {
  const good = {
    'min.insync.replicas': '2',
    'unclean.leader.election.enable': 'false',
    'retention.ms': '604800000',
    'cleanup.policy': 'delete',
  };
  return new Map(
    topics.map((topic) => {
      const bytes = { 'max.message.bytes': topic.endsWith('dlq') ? '1052688' : '1048588' };
      return [topic, new Map(Object.entries({ ...good, ...bytes, ...(topic === name ? changed : {}) }))];
    }),
  );
}

function metadata(partition: PartitionMetadata) {
  return { brokers: [], topics: topics.map((name) => ({ name, partitions: [partition] })) };
}

test('topics that are fit for production pass, and each setting that is not is named with what to do', () => {
  assert.equal(durability(configs()).status, 'ok');
  assert.equal(retention(configs(), config).status, 'ok');
  assert.equal(cleanup(configs()).status, 'ok');
  assert.equal(sizes(configs(), config).status, 'ok');
  const rows = [
    [
      durability(configs({ 'min.insync.replicas': '1' })),
      'failed',
      /min\.insync\.replicas.*sentiment_requests/,
    ],
    [durability(configs({ 'unclean.leader.election.enable': 'true' })), 'failed', /unclean/],
    [retention(configs({ 'retention.ms': '3600000' }), config), 'failed', /within 1 h/],
    [
      retention(configs({ 'retention.ms': '86400000' }, topics[2]), config),
      'warn',
      /kept for 24 h, requests for 168 h/,
    ],
    [cleanup(configs({ 'cleanup.policy': 'compact,delete' }, topics[1])), 'failed', /sentiment_results/],
    [sizes(configs({ 'max.message.bytes': '1048588' }, topics[2]), config), 'warn', /not above/],
    [sizes(configs(), enriching), 'warn', /of sentiment_results \(1048588\) is not above/],
  ] as const;
  for (const [result, status, detail] of rows) {
    assert.equal(result.status, status, result.detail);
    assert.match(result.detail, detail);
    assert.ok((result.remedy ?? '').length > 10);
  }
  assert.equal(retention(configs({ 'retention.ms': '-1' }, topics[2]), config).status, 'ok', 'kept for ever');
});

test('replicas: three, and in sync', () => {
  assert.equal(
    replicas(metadata({ id: 0, leader: 1, replicas: [1, 2, 3], isrs: [1, 2, 3] }), config).status,
    'ok',
  );
  assert.equal(
    replicas(metadata({ id: 0, leader: 1, replicas: [1, 2, 3], isrs: [1, 2] }), config).status,
    'warn',
  );
  assert.equal(
    replicas(metadata({ id: 0, leader: 1, replicas: [1, 2], isrs: [1, 2] }), config).status,
    'failed',
  );
});

test('the broker keeps offsets long enough', () => {
  const settings = (minutes: string, auto: string) =>
    new Map([
      ['offsets.retention.minutes', minutes],
      ['auto.create.topics.enable', auto],
    ]);
  assert.equal(brokerSettings(settings('10080', 'false')).status, 'ok');
  assert.equal(brokerSettings(settings('10080', 'true')).status, 'warn');
  assert.equal(brokerSettings(settings('60', 'false')).status, 'failed');
});

test('limits of the machine', () => {
  const line = (soft: string): string =>
    `Limit   Soft Limit\nMax open files            ${soft}               4096  files\n`;
  assert.equal(openFiles(line('65536')).status, 'ok');
  assert.equal(openFiles(line('unlimited')).status, 'ok');
  assert.equal(openFiles(line('1024')).status, 'warn');
  assert.equal(openFiles(undefined).status, 'ok');
  assert.equal(memory(config, 64 * 2 ** 30).status, 'ok');
  assert.equal(memory(config, 256 * 2 ** 20).status, 'failed');
  // What is decompressed counts: 300 MiB, buffer_bytes, twice 8 MiB and 100 MB, two models.
  const alone = { 'kafka.consumer_threads': 1, 'model.max_threads': 2 };
  assert.match(String(memory(loadConfig({ overrides: alone }).config, 2 ** 40).detail), /^about 1063 MiB/);
  const small = JSON.stringify({ 'receive.message.max.bytes': 2_000_000 });
  const { config: lower } = loadConfig({ overrides: { ...alone, 'kafka.librdkafka': small } });
  assert.match(String(memory(lower, 2 ** 40).detail), /^about 876 MiB/);
  // Two more threads for the second model, one for the shadow, and the cache.
  const more = {
    'model.cascade': '{"path":"models/accurate","below":0.8}',
    'model.shadow': '{"path":"models/accurate","share":0.1}',
    'model.cache_bytes': '64 MiB',
  };
  const { config: full } = loadConfig({ overrides: { ...alone, ...more } });
  assert.match(String(memory(full, 2 ** 40).detail), /^about 1577 MiB/);
});

test('a thread pool of its usual size is little for any number of consumers', async () => {
  const poolOf = (size: number) =>
    productionLocalChecks(config, size)
      .find((check) => check.name === 'thread pool')
      ?.run();
  assert.equal((await poolOf(4))?.status, 'warn');
  assert.match((await poolOf(4))?.remedy ?? '', /UV_THREADPOOL_SIZE to \d+/);
  assert.equal((await poolOf(1024))?.status, 'ok');
});

/** Setting → the check that must no longer be ok. */
const bad: readonly [overrides: Record<string, unknown>, check: string, status: string][] = [
  [{ 'kafka.delivery': 'at_least_once' }, 'delivery', 'warn'],
  [{ 'kafka.delivery': 'at_least_once', 'kafka.producer_acks': '1' }, 'delivery', 'failed'],
  [{ 'kafka.auto_offset_reset': 'latest' }, 'first start', 'warn'],
  [{}, 'identity', 'warn'],
  [{ 'kafka.drain_timeout_ms': 60_000 }, 'group times', 'failed'],
  [{ 'kafka.partition_assignment_strategy': 'range' }, 'group times', 'warn'],
  [{ 'kafka.dlq_enabled': false }, 'dead letters', 'failed'],
  [{ 'kafka.dlq_stop_ratio': 0 }, 'dead letters', 'warn'],
  [{}, 'encryption', 'warn'],
  [{ 'kafka.security_protocol': 'SSL', 'kafka.ssl_check_hostname': false }, 'encryption', 'failed'],
  [{}, 'http', 'warn'],
  [{ 'logging.level': 'debug' }, 'logs', 'warn'],
  [{ 'logging.format': 'pretty' }, 'logs', 'warn'],
  [{ 'model.path': null }, 'real model', 'failed'],
  [{ 'model.max_threads': 1024 }, 'cpu quota', 'warn'],
];

test('each setting that does not belong into production is named, with what to do', async () => {
  for (const [overrides, name, status] of bad) {
    const loaded = loadConfig({ overrides }).config;
    const result = await productionLocalChecks(loaded, 16)
      .find((check) => check.name === name)
      ?.run();
    assert.equal(result?.status, status, `${name} ${JSON.stringify(overrides)}: ${result?.detail}`);
    assert.ok((result?.remedy ?? '').length > 10, name);
  }
});

test('a configuration that is fit for production has nothing to say about itself', async () => {
  const overrides = {
    'kafka.auto_offset_reset': 'earliest',
    'kafka.group_instance_id': 'pod-0',
    'kafka.transactional_id': 'pod-0',
    'kafka.security_protocol': 'SSL',
    'http.host': '0.0.0.0',
    'http.token': '0123456789abcdef',
    'model.max_threads': 1,
  };
  const checks = productionLocalChecks(loadConfig({ overrides }).config, 16);
  const ofTheMachine = ['open files', 'memory'];
  for (const { name, run } of checks.filter((check) => !ofTheMachine.includes(check.name))) {
    const { status, detail } = await run();
    assert.equal(status, 'ok', `${name}: ${detail}`);
  }
});
