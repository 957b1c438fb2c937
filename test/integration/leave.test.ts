/** Services that are stopped while they still join the group: what a member left behind has, nobody reads. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeGroup } from '../../src/kafka/group-description.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

/** The second one joins while the first one has all partitions, and is let in when that leaves. */
const CONSUMERS = 2;
/** It depends on moments: each round has several groups at once. */
const ROUNDS = 3;
const GROUPS = 6;
const JOINING_MS = 500;

for (const protocol of ['classic', 'consumer']) {
  test(`a service that stops while it joins leaves no member behind: ${protocol}`, {
    skip: noBroker,
  }, async () => {
    const { bootstrapServers, createTopic } = await sharedBroker();
    const topics = uniqueTopics();
    for (const topic of Object.values(topics)) await createTopic(topic, CONSUMERS);
    const [host, port] = bootstrapServers.split(':') as [string, string];
    const brokers = [{ host, port: Number(port), tls: undefined, plain: undefined }];
    const startAndStop = async (): Promise<void> => {
      const group = uniqueName('group');
      const service = startService({
        'kafka.bootstrap_servers': bootstrapServers,
        ...topicSettings(topics),
        'kafka.consumer_group': group,
        'kafka.group_protocol': protocol,
        'kafka.consumer_threads': CONSUMERS,
        'model.path': 'null',
      });
      await service.waitFor('partitions_assigned');
      await sleep(JOINING_MS);
      service.kill('SIGTERM');
      assert.equal(await service.exited, 0, service.log());
      assert.equal((await describeGroup(brokers, group))?.state, 'Empty', service.log());
    };
    for (let round = 0; round < ROUNDS; round++)
      await Promise.all(Array.from({ length: GROUPS }, startAndStop));
  });
}
