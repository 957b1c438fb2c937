import type { Config } from '../config/schema.ts';
import { outputTopicsOf } from '../config/topics.ts';
import { KafkaAdmin } from '../kafka/admin.ts';
import { namesOnly } from '../topic-patterns.ts';
import { clusterProperties } from './access.ts';

export interface TopicReport {
  readonly topic: string;
  /** False: it already existed and was left unchanged. */
  readonly created: boolean;
}

/** Creates the missing topics of the configuration: requests, results, dead letters. */
export async function createTopics(
  config: Config,
  { partitions, replication }: { readonly partitions: number; readonly replication: number },
): Promise<TopicReport[]> {
  const admin = new KafkaAdmin(clusterProperties(config));
  try {
    const reports: TopicReport[] = [];
    for (const name of topicsOf(config)) {
      reports.push({ topic: name, created: await admin.createTopic({ name, partitions, replication }) });
    }
    return reports;
  } finally {
    admin.close();
  }
}

/** The topics that the configuration names; none of them is both read and written. */
export function topicsOf(config: Config): string[] {
  return [...namesOnly(config.kafka.topic), ...outputTopicsOf(config)];
}
