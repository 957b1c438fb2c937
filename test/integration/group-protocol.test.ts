/** Members that join, leave and come back, under each way in which a group can share partitions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { type ServiceProcess, type Settings, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const PARTITIONS = 6;

const ways: Readonly<Record<string, Settings>> = {
  'cooperative-sticky': {},
  'range, eager': { 'kafka.partition_assignment_strategy': 'range' },
  'KIP-848': { 'kafka.group_protocol': 'consumer' },
};

for (const [name, way] of Object.entries(ways)) {
  for (const isStatic of [false, true]) {
    test(`each request once while members come and go: ${name}, ${isStatic ? 'static' : 'dynamic'}`, {
      skip: noBroker,
    }, async () => {
      const { bootstrapServers, createTopic } = await sharedBroker();
      const topics = uniqueTopics();
      await createTopic(topics.requests, PARTITIONS);
      await createTopic(topics.results, 2);
      await createTopic(topics.deadLetters, 1);
      const group = uniqueName('group');
      const member = (identity: string): ServiceProcess =>
        startService({
          'kafka.bootstrap_servers': bootstrapServers,
          ...topicSettings(topics),
          'kafka.consumer_group': group,
          'kafka.consumer_threads': 1,
          'kafka.transactional_id': `${group}-${identity}`,
          'model.path': 'null',
          ...way,
          ...(isStatic ? { 'kafka.group_instance_id': identity } : {}),
        });
      let sent = 0;
      const send = async (): Promise<void> => {
        const values = Array.from({ length: 2_000 }, () =>
          JSON.stringify({ text: `Number ${sent++} is good.` }),
        );
        const records = values.map((value, i) => ({ value, partition: i % PARTITIONS }));
        await produceAll(bootstrapServers, topics.requests, records);
      };

      const first = member('a');
      await first.waitFor('partitions_assigned');
      await send();
      const second = member('b');
      await second.waitFor('partitions_assigned');
      await send();
      first.kill('SIGTERM');
      assert.equal(await first.exited, 0, first.log());
      const again = member('a');
      await again.waitFor('partitions_assigned');
      await send();
      const { lost, doubled, outOfOrder } = await waitForDelivery(bootstrapServers, topics, sent);
      for (const service of [second, again]) service.kill('SIGTERM');
      assert.equal(await second.exited, 0, second.log());
      assert.equal(await again.exited, 0, again.log());
      assert.deepEqual({ lost, doubled, outOfOrder }, { lost: [], doubled: [], outOfOrder: [] });
    });
  }
}
