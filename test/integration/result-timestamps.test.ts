/** `result.timestamp: request`, and a results topic that does not take timestamps that old. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const HOUR_MS = 3_600_000;
const COUNT = 5;

for (const delivery of ['exactly_once', 'at_least_once']) {
  test(`timestamps of requests, also where the topic refuses them: ${delivery}`, {
    skip: noBroker,
  }, async () => {
    const { bootstrapServers, createTopic } = await sharedBroker();
    const topics = uniqueTopics();
    await createTopic(topics.requests, 1);
    await createTopic(topics.results, 1, { 'message.timestamp.before.max.ms': String(HOUR_MS) });
    await createTopic(topics.deadLetters, 1);
    const service = startService({
      'kafka.bootstrap_servers': bootstrapServers,
      ...topicSettings(topics),
      'kafka.consumer_group': uniqueName('group'),
      'kafka.delivery': delivery,
      'model.path': 'null',
      'result.timestamp': 'request',
    });
    const startedAt = Date.now();
    let sent = 0;
    const answered = async (timestamp: number) => {
      const records = Array.from({ length: COUNT }, () => ({ value: '{"text":"good"}', timestamp }));
      await produceAll(bootstrapServers, topics.requests, records);
      sent += COUNT;
      const { lost, doubled, results } = await waitForDelivery(bootstrapServers, topics, sent);
      assert.deepEqual([lost, doubled], [[], []], service.log());
      return results.slice(-COUNT).map((result) => result.timestamp ?? 0);
    };
    const recent = startedAt - 60_000;
    assert.deepEqual(await answered(recent), Array(COUNT).fill(recent));
    for (const time of await answered(startedAt - 2 * HOUR_MS)) assert.ok(time >= startedAt, String(time));
    assert.match(service.log(), /message\.timestamp\.before\.max\.ms/);
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
  });
}
