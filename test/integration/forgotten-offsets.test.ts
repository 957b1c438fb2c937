/**
 * A broker that has acknowledged the offsets of a transaction, and whose successor does not have them (KAFKA-20634):
 * who gives a partition back sees to it that the next owner does not write its last results again.
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { startCluster } from '../chaos/cluster.ts';
import { requestHeader } from '../chaos/protocol.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { committedOffsets, produceAll } from '../helpers/kafka-client.ts';
import { type ServiceProcess, startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const BATCH = 10;

for (const protocol of ['classic', 'consumer'] as const) {
  test(`offsets that the group has lost come back before the partition moves: ${protocol}`, {
    skip: noBroker,
  }, async (t) => {
    const cluster = await startCluster(1);
    t.after(() => cluster.close());
    const { broker, direct, proxied } = cluster;
    const topics = uniqueTopics();
    for (const topic of [topics.requests, topics.results, topics.deadLetters])
      await broker.createTopic(topic, 1);
    const group = uniqueName('group');
    const member = (): ServiceProcess =>
      startService({
        'kafka.bootstrap_servers': proxied,
        ...topicSettings(topics),
        'kafka.consumer_group': group,
        'kafka.group_protocol': protocol,
        'kafka.consumer_threads': 1,
        'model.path': 'null',
      });
    const send = (): Promise<void> =>
      produceAll(
        direct,
        topics.requests,
        Array.from({ length: BATCH }, (_, i) => ({ value: `{"text":"Number ${i} was good."}` })),
      );
    const committed = async (): Promise<number | undefined> =>
      (await committedOffsets(direct, group, topics.requests))[0]?.offset;

    const first = member();
    await first.waitFor('partitions_assigned');
    await send();
    await waitForDelivery(direct, topics, BATCH);
    // From here on the group gets the offset that it has, in place of the new one.
    let forged = 0;
    cluster.intercept = (request) => {
      if (requestHeader(request).api !== 'offsetCommit') return undefined;
      request.writeBigInt64BE(BigInt(BATCH), placeOfOffset(request, topics.requests));
      forged++;
      return undefined;
    };
    await send();
    await waitForDelivery(direct, topics, 2 * BATCH);
    assert.ok(forged > 0);
    assert.equal(await committed(), BATCH, 'the group has lost the offsets of the last transaction');
    cluster.intercept = undefined;
    first.kill('SIGTERM');
    assert.equal(await first.exited, 0, first.log());
    assert.equal(await committed(), 2 * BATCH, first.log());
    assert.match(first.log(), /had lost offsets of ours/);

    const second = member();
    await send();
    // Whoever has read the partition again has done so when it answers what came last.
    const { lost, doubled } = await waitForDelivery(direct, topics, 3 * BATCH);
    second.kill('SIGTERM');
    assert.equal(await second.exited, 0, second.log());
    assert.deepEqual({ lost, doubled }, { lost: [], doubled: [] });
  });
}

/** TxnOffsetCommit, from version 3: the name of the topic, how many partitions (one), its number, its offset. */
function placeOfOffset(request: Buffer, topic: string): number {
  assert.ok(requestHeader(request).version >= 3);
  return request.indexOf(topic) + Buffer.byteLength(topic) + 1 + 4;
}
