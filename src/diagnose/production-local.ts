import { existsSync, readFileSync } from 'node:fs';
import { totalmem } from 'node:os';
import { allConsumers } from '../config/consumer-count.ts';
import { cpuQuota } from '../config/cpu-quota.ts';
import type { Config } from '../config/schema.ts';
import { isLoopback } from '../http/access/host-check.ts';
import { threadPoolWanted } from '../kafka/thread-pool.ts';
import { type Check, failed, ok, type Result, warn } from './doctor-finding.ts';

/** Each connection and each file takes one; every client connects to every broker. */
const OPEN_FILES_MIN = 4_096;
const MIB = 2 ** 20;
/** Resident memory of the process with a small model and no messages in flight. */
const BASE_BYTES = 300 * MIB;
/** What a fetched response may be decompressed to, and its default in librdkafka. */
const DECOMPRESSED_KEY = 'receive.message.max.bytes';
const DECOMPRESSED_BYTES = 100_000_000;

/** The part of the production checklist that looks at configuration and machine. */
export function productionLocalChecks(config: Config, threadPoolSize: number): Check[] {
  return [
    { name: 'delivery', run: () => delivery(config) },
    { name: 'first start', run: () => firstStart(config) },
    { name: 'identity', run: () => identity(config) },
    { name: 'group times', run: () => groupTimes(config) },
    { name: 'dead letters', run: () => deadLetters(config) },
    { name: 'encryption', run: () => transport(config) },
    { name: 'http', run: () => http(config) },
    { name: 'logs', run: () => logs(config) },
    { name: 'real model', run: () => model(config) },
    { name: 'thread pool', run: () => pool(config, threadPoolSize) },
    { name: 'open files', run: () => openFiles(readFile('/proc/self/limits')) },
    { name: 'memory', run: () => memory(config, memoryLimitBytes()) },
    { name: 'cpu quota', run: () => cpu(config) },
  ];
}

function delivery({ kafka }: Config): Result {
  if (kafka.delivery === 'exactly_once') {
    return ok('exactly_once: acks=all, read_committed, offsets in the transaction');
  }
  return kafka.producer_acks === 'all'
    ? warn(
        'at_least_once: a crash can duplicate results',
        'Set kafka.delivery to exactly_once if the brokers support transactions.',
      )
    : failed(
        `at_least_once with producer_acks ${kafka.producer_acks}: results can be lost`,
        'Set kafka.producer_acks to all.',
      );
}

function firstStart({ kafka }: Config): Result {
  return kafka.auto_offset_reset === 'latest'
    ? warn(
        'auto_offset_reset is latest: a group without offsets skips all earlier requests',
        'Set earliest, or none to stop instead; offsets expire when the group is idle for longer than their retention.',
      )
    : ok(`auto_offset_reset is ${kafka.auto_offset_reset}`);
}

function identity({ kafka }: Config): Result {
  const missing = [
    ...(kafka.group_instance_id === undefined ? ['group_instance_id'] : []),
    ...(kafka.delivery === 'exactly_once' && kafka.transactional_id === undefined
      ? ['transactional_id']
      : []),
  ];
  if (missing.length === 0) return ok('static membership and a stable transactional id: restarts are quick');
  return warn(
    `${missing.join(' and ')} not set: a restart moves partitions, and a kill blocks readers for up to 15 s`,
    'In a StatefulSet, set both to the name of the pod. In a Deployment, leave both unset. Never share them.',
  );
}

function groupTimes({ kafka }: Config): Result {
  const { session_timeout_ms: session, drain_timeout_ms: drain, heartbeat_interval_ms: heartbeat } = kafka;
  if (drain >= session) {
    return failed(
      `drain_timeout_ms (${drain}) is not below session_timeout_ms (${session})`,
      'A drain that outlasts the session loses its partitions: lower drain_timeout_ms.',
    );
  }
  return kafka.partition_assignment_strategy === 'cooperative-sticky'
    ? ok(`cooperative-sticky, session ${session} ms, heartbeat ${heartbeat} ms, drain ${drain} ms`)
    : warn(
        `${kafka.partition_assignment_strategy} stops the whole group during every rebalance`,
        'Set kafka.partition_assignment_strategy to cooperative-sticky.',
      );
}

function deadLetters({ kafka }: Config): Result {
  if (!kafka.dlq_enabled) {
    return failed('dlq_enabled is false: failed messages are dropped', 'Set kafka.dlq_enabled to true.');
  }
  return kafka.dlq_stop_ratio === 0
    ? warn(
        'dlq_stop_ratio is 0: a broken producer or model can turn the whole topic into dead letters',
        'Set kafka.dlq_stop_ratio, for example to 0.5.',
      )
    : ok(`to ${kafka.dlq_topic}; the consumer stops at ${kafka.dlq_stop_ratio * 100} % within a minute`);
}

function transport({ kafka }: Config): Result {
  if (kafka.security_protocol.endsWith('SSL') && !kafka.ssl_check_hostname) {
    return failed('ssl_check_hostname is false: any certificate of the CA is accepted', 'Set it to true.');
  }
  if (kafka.security_protocol.endsWith('SSL')) return ok(`${kafka.security_protocol}, host names checked`);
  return kafka.security_protocol === 'PLAINTEXT'
    ? warn('PLAINTEXT: no encryption and no login', 'Set kafka.security_protocol to SASL_SSL or SSL.')
    : failed('SASL_PLAINTEXT sends the login in the clear', 'Set kafka.security_protocol to SASL_SSL.');
}

function http({ http: { host, token } }: Config): Result {
  if (isLoopback(host)) {
    return warn(
      `listens on ${host} only: Prometheus or an orchestrator on another host cannot reach it`,
      'Set http.host to 0.0.0.0 and http.token to a long random text, or scrape from a sidecar.',
    );
  }
  return token === undefined
    ? failed(`listens on ${host} without a token`, 'Set http.token to a long random text.')
    : ok(`listens on ${host} with a token; put TLS in front of it`);
}

function logs({ logging: { level, format } }: Config): Result {
  if (level === 'trace' || level === 'debug' || level === 'silent' || level === 'fatal') {
    return warn(`logging.level is ${level}`, 'Set logging.level to info.');
  }
  return format === 'json'
    ? ok(`json, ${level}`)
    : warn('logging.format is pretty, which programs cannot parse', 'Set logging.format to json.');
}

function model({ model: { path } }: Config): Result {
  return path === null
    ? failed('model.path is null: every result is made up', 'Set model.path to a model directory.')
    : ok(path);
}

function pool({ kafka }: Config, size: number): Result {
  const consumers = allConsumers(kafka);
  const wanted = threadPoolWanted(consumers);
  return size >= wanted
    ? ok(`UV_THREADPOOL_SIZE ${size} for ${consumers} consumers`)
    : warn(
        `UV_THREADPOOL_SIZE ${size} is low for ${consumers} consumers`,
        `Set UV_THREADPOOL_SIZE to ${wanted} or more before starting Node, or lower kafka.consumer_threads.`,
      );
}

/** `limits`: the text of /proc/self/limits. */
export function openFiles(limits: string | undefined): Result {
  const soft = /^Max open files\s+(\d+|unlimited)/m.exec(limits ?? '')?.[1];
  if (soft === undefined) return ok('cannot read the limit of open files here');
  return soft === 'unlimited' || Number(soft) >= OPEN_FILES_MIN
    ? ok(`at most ${soft}`)
    : warn(`at most ${soft}`, `Raise the limit to ${OPEN_FILES_MIN} or more (ulimit -n, LimitNOFILE).`);
}

/**
 * The most memory that the configuration can need; each model counts once per thread. A consumer prefetches twice what
 * a fetch may bring, and a batch takes twice its decompressed size.
 */
export function memory(config: Config, limitBytes: number): Result {
  const { buffer_bytes: buffer, max_partition_fetch_bytes: fetch } = config.kafka;
  const consumers = allConsumers(config.kafka);
  const decompressed = Number(config.kafka.librdkafka[DECOMPRESSED_KEY] ?? DECOMPRESSED_BYTES);
  const needed =
    BASE_BYTES +
    buffer +
    2 * consumers * (fetch + decompressed) +
    sessions(config) * 150 * MIB +
    config.model.cache_bytes;
  const detail = `about ${toMib(needed)} MiB at most, ${toMib(limitBytes)} MiB available`;
  return needed <= limitBytes
    ? ok(detail)
    : failed(
        detail,
        'Give it more memory, or lower kafka.buffer_bytes, kafka.consumer_threads, model.max_threads or ' +
          'model.cache_bytes.',
      );
}

/** Threads with a model: both models of a cascade have as many as they may, as has a canary; a shadow has one. */
function sessions({ model: { max_threads: threads, cascade, shadow, canary } }: Config): number {
  return threads * (cascade === undefined && canary === undefined ? 1 : 2) + (shadow === undefined ? 0 : 1);
}

function cpu({ model: { max_threads: threads } }: Config): Result {
  const quota = cpuQuota();
  return threads <= quota
    ? ok(`${threads} inference threads, quota ${quota}`)
    : warn(
        `${threads} inference threads with a quota of ${quota} CPUs`,
        `The threads block each other and are throttled: set model.max_threads to ${quota}, or leave it out.`,
      );
}

/** The limit of the control group, or the memory of the machine. */
function memoryLimitBytes(): number {
  const limits = ['/sys/fs/cgroup/memory.max', '/sys/fs/cgroup/memory/memory.limit_in_bytes']
    .map((path) => Number(readFile(path)?.trim()))
    .filter((bytes) => bytes > 0);
  return Math.min(totalmem(), ...limits);
}

function readFile(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

function toMib(bytes: number): string {
  return String(Math.round(bytes / MIB));
}
