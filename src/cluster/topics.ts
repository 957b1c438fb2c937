import type { Config } from '../config/schema.ts';
import { KafkaAdmin } from '../kafka/admin.ts';
import { clusterProperties } from './access.ts';

export interface TopicReport {
  readonly topic: string;
  /** False: it was there already and is as it was. */
  readonly created: boolean;
}

/** Creates the topics of the configuration that are missing: requests, results, dead letters. */
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

/** Every topic that the configuration names, each once. */
export function topicsOf({ kafka }: Config): string[] {
  return [...new Set([...kafka.topic, kafka.results_topic, ...(kafka.dlq_enabled ? [kafka.dlq_topic] : [])])];
}
