import { availableParallelism, cpus } from 'node:os';
import { cpuQuota } from '../config/cpu-quota.ts';
import type { Config } from '../config/schema.ts';
import { loadBinding } from '../decode/binding.ts';
import { howToPatch, isPatched, rdkafkaPlace } from '../kafka/rdkafka-module.ts';
import { librdkafkaFeatures, librdkafkaVersion, missingCodecs } from '../kafka/version.ts';
import { canaryConfig, readConfiguredModels, secondConfig, shadowConfig } from '../predict/cascade-models.ts';
import { checkCache, readConfiguredModel } from '../predict/model-parts.ts';
import { checkRoutes } from '../predict/routes.ts';
import { StreamProcessor } from '../predict/stream-processor.ts';
import type { ModelInfo } from '../types.ts';
import { type Check, failed, ok, type Result, warn } from './doctor-finding.ts';

/** With fewer threads, calls of librdkafka block each other. */
const THREADPOOL_MIN = 8;
const nodeMin = [20, 17] as const;

/** Checks that need no broker. */
export function localChecks(config: Config, threadPoolSize: number): Check[] {
  return [
    { name: 'node', run: nodeVersion },
    { name: 'addon', run: addon },
    { name: 'cpu', run: cpu },
    { name: 'librdkafka', run: () => librdkafka(config) },
    { name: 'codecs', run: codecs },
    { name: 'threads', run: () => threads(threadPoolSize) },
    { name: 'model', run: () => model(config) },
    ...(secondConfig(config) === undefined ? [] : [{ name: 'cascade', run: () => cascade(config) }]),
    ...(shadowConfig(config) === undefined ? [] : [{ name: 'shadow', run: () => shadow(config) }]),
    ...(canaryConfig(config) === undefined ? [] : [{ name: 'canary', run: () => canary(config) }]),
  ];
}

function nodeVersion(): Result {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const isNew = major > nodeMin[0] || (major === nodeMin[0] && minor >= nodeMin[1]);
  const detail = `Node ${process.versions.node}, ${process.platform} ${process.arch}`;
  return isNew ? ok(detail) : failed(detail, `Install Node ${nodeMin.join('.')} or newer.`);
}

function addon(): Result {
  loadBinding();
  return ok('the native addon is built and loads');
}

/** Which CPU instructions the native core chose when it was loaded. */
function cpu(): Result {
  const path = loadBinding().cpuPath();
  const detail = `${cpus()[0]?.model.trim() ?? 'unknown'}, ${availableParallelism()} threads, quota ${cpuQuota()}`;
  return path === 'baseline'
    ? warn(`${detail}; neither AVX2 nor NEON`, 'Everything works, but more slowly; use a newer CPU.')
    : ok(`${detail}; ${cpuPaths[path]}`);
}

const cpuPaths = { avx512: 'AVX-512', avx2: 'AVX2', neon: 'NEON' } as const;

function librdkafka({ kafka }: Config): Result {
  const needed = [
    ...(kafka.security_protocol.endsWith('SSL') ? ['ssl'] : []),
    ...(kafka.security_protocol.startsWith('SASL') ? ['sasl'] : []),
    ...(kafka.sasl_mechanism?.startsWith('SCRAM') ? ['sasl_scram'] : []),
    ...(kafka.sasl_mechanism === 'OAUTHBEARER' ? ['sasl_oauthbearer'] : []),
    ...(['gzip', 'snappy', 'lz4', 'zstd'].includes(kafka.producer_compression_type)
      ? [kafka.producer_compression_type]
      : []),
  ];
  const missing = needed.filter((feature) => !librdkafkaFeatures().includes(feature));
  const { kind, binding } = rdkafkaPlace();
  const detail = `librdkafka ${librdkafkaVersion()} with ${librdkafkaFeatures().join(', ')} (${kind}, ${binding})`;
  if (missing.length === 0) {
    if (kafka.delivery !== 'exactly_once' || isPatched()) return ok(detail);
    const found = kafka.allow_unpatched ? warn : failed;
    return found(
      `${detail}, without our patches: a delayed request can lose or duplicate results, memory grows ` +
        'with each transaction, and rebalances can duplicate results or leave partitions unread',
      howToPatch(),
    );
  }
  return failed(
    `librdkafka ${librdkafkaVersion()} was built without ${missing.join(', ')}, which the configuration needs`,
    'Install the development packages that are missing (libssl-dev, libsasl2-dev, libzstd-dev), then run ' +
      '"npm rebuild node-rdkafka".',
  );
}

/** Producers choose the compression, so all of them are needed. */
function codecs(): Result {
  const missing = missingCodecs();
  if (missing.length === 0) return ok('librdkafka reads gzip, snappy, lz4 and zstd');
  return warn(
    `librdkafka was built without ${missing.join(', ')}; a partition stands still at such a batch`,
    'Install zlib1g-dev and libzstd-dev (or their like), then run "npm rebuild node-rdkafka" and ' +
      '"node node_modules/kubesentiment/scripts/rdkafka-patch.mjs".',
  );
}

function threads(size: number): Result {
  const detail = `UV_THREADPOOL_SIZE is ${size}`;
  return size >= THREADPOOL_MIN
    ? ok(detail)
    : failed(
        `${detail}: calls of librdkafka will block each other`,
        `Set UV_THREADPOOL_SIZE to ${THREADPOOL_MIN} or more before starting Node, or leave it unset.`,
      );
}

function model(config: Config): Promise<Result> {
  return tryModel(config, readConfiguredModel(config));
}

/** The model that is asked again. */
function cascade(config: Config): Promise<Result> {
  const { second } = readConfiguredModels(config);
  return tryModel(secondConfig(config) as Config, second as ModelInfo);
}

/** The model that is asked beside it. */
function shadow(config: Config): Promise<Result> {
  const { shadow } = readConfiguredModels(config);
  return tryModel(shadowConfig(config) as Config, shadow as ModelInfo);
}

/** The model that answers some of the keys; if it is the one in use, there is nothing more to try. */
function canary(config: Config): Promise<Result> {
  const { canary, first } = readConfiguredModels(config);
  return tryModel(canaryConfig(config) as Config, canary ?? first);
}

async function tryModel(config: Config, info: ModelInfo): Promise<Result> {
  checkRoutes(config, info);
  checkCache(config, info);
  const processor = new StreamProcessor(config, info);
  try {
    const { traits } = await processor.start();
    const detail = `${info.name} ${info.version}, labels ${info.labels.join(' / ')}, at most ${info.maxLength} tokens`;
    return ok([`${detail}.`, ...info.notes, ...(traits?.notes ?? [])].join(' ').replace(/\.$/, ''));
  } finally {
    await processor.close();
  }
}
