import { createHash, randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { configAsJson } from '../config/print.ts';
import type { Config, KeyName } from '../config/schema.ts';
import type { InstanceInfo } from '../http/service-view.ts';

/** What tells a process apart from the others of its group. */
export function newInstance({ kafka }: Config): InstanceInfo {
  return { id: randomUUID(), name: kafka.group_instance_id ?? hostname(), pid: process.pid };
}

/** Keys that are another's in each process of a group, or follow from its machine. */
const ownKeys: ReadonlySet<string> = new Set<KeyName>([
  'kafka.group_instance_id',
  'kafka.transactional_id',
  'http.host',
  'http.port',
  'http.peers',
  'http.peers_token',
  'http.peers_ssl_cafile',
  'model.max_threads',
]);
const DIGITS = 12;
/** Configurations are frozen, and asked for every second. */
const known = new WeakMap<Config, string>();

/** The same for processes with the same configuration. Secrets count as set or not set, whatever they are. */
export function configFingerprint(config: Config): string {
  const found = known.get(config);
  if (found !== undefined) return found;
  const shared = Object.entries(configAsJson({ config })).map(([section, keys]) => [
    section,
    Object.entries(keys as object).filter(([key]) => !ownKeys.has(`${section}.${key}`)),
  ]);
  const fingerprint = createHash('sha256').update(JSON.stringify(shared)).digest('hex').slice(0, DIGITS);
  known.set(config, fingerprint);
  return fingerprint;
}
