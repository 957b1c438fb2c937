import type { Config } from '../config/schema.ts';
import { ResourceType } from '../kafka/config-request.ts';
import { describeConfigs } from '../kafka/describe-configs.ts';
import type { GroupReader } from '../kafka/group-reader.ts';
import { type Check, skipped } from './doctor-finding.ts';
import { brokerSettings, cleanup, durability, replicas, retention, sizes } from './production-topics.ts';
import { brokerAccess } from '../config/broker-access.ts';
import { topicsOf } from '../cluster/topics.ts';

/** The part of the production checklist that asks the cluster. */
export async function productionClusterChecks(reader: GroupReader, config: Config): Promise<Check[]> {
  const metadata = await reader.metadata();
  const { brokers } = metadata;
  const replicaCheck: Check = { name: 'replicas', run: () => replicas(metadata, config) };
  const access = brokers[0] && brokerAccess(brokers[0], config);
  if (access === undefined) {
    const names = topicsOf(config).join(', ');
    const detail = `read them with "kafka-configs.sh --describe --all --entity-type topics" (${names})`;
    return [
      replicaCheck,
      { name: 'settings', run: () => skipped(`not possible with this login; ${detail}`) },
    ];
  }
  const names = topicsOf(config);
  const broker = String(brokers[0]?.id);
  const reading = describeConfigs(access, [
    ...names.map((name) => ({ type: ResourceType.topic, name })),
    { type: ResourceType.broker, name: broker },
  ]);
  reading.catch(() => undefined); // every check reports it
  const topics = async () => new Map([...(await reading)].filter(([name]) => names.includes(name)));
  return [
    replicaCheck,
    { name: 'durability', run: async () => durability(await topics()) },
    { name: 'retention', run: async () => retention(await topics(), config) },
    { name: 'compaction', run: async () => cleanup(await topics()) },
    { name: 'record sizes', run: async () => sizes(await topics(), config) },
    { name: 'broker settings', run: async () => brokerSettings((await reading).get(broker) ?? new Map()) },
  ];
}
