import type { Topics } from './check.ts';
import type { Cluster } from './cluster.ts';
import type { Fleet } from './fleet.ts';
import type { Load } from './load.ts';
import type { ModelVersions } from './model-versions.ts';

/** What a run consists of, for those who disturb it. */
export interface Scene {
  readonly cluster: Cluster;
  readonly fleet: Fleet;
  readonly load: Load;
  readonly topics: Topics;
  readonly group: string;
  /** Models that come and go. */
  readonly models: ModelVersions | undefined;
  /** Partitions of the requests topic. */
  partitions: number;
  /** Resolves when all brokers are there again; other faults go on meanwhile. */
  whole: Promise<void>;
}
