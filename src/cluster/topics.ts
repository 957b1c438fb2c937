import type { Config } from '../config/schema.ts';
import { KafkaAdmin } from '../kafka/admin.ts';
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

/** The topics of the configuration, without duplicates. */
export function topicsOf({ kafka }: Config): string[] {
  return [...new Set([...kafka.topic, kafka.results_topic, ...(kafka.dlq_enabled ? [kafka.dlq_topic] : [])])];
}
