/** One member of the group over librdkafka, apart from the pipeline. */
import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { RdkafkaConsumer } from '../../src/kafka/consumer.ts';
import { groupState } from '../helpers/kafka-wire.ts';
import { GroupPositions } from '../../src/kafka/group-positions.ts';
import type { TopicPartition } from '../../src/types.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';

const open = new Set<Member>();
after(async () => {
  for (const member of open) await member.leave();
});

/** Polls all the time and keeps what it holds and what it read. */
class Member {
  held: TopicPartition[] = [];
  read = 0;
  polls = true;
  #isLeaving = false;
  readonly client: RdkafkaConsumer;
  readonly #polling: Promise<void>;

  readonly #positions: GroupPositions;

  constructor(bootstrapServers: string, topic: string, group: string, strategy: string) {
    const properties = { 'bootstrap.servers': bootstrapServers };
    this.#positions = new GroupPositions({ group, properties });
    this.client = new RdkafkaConsumer({
      index: 0,
      mayWait: true,
      topics: [topic],
      properties: {
        ...properties,
        'group.id': group,
        'enable.auto.commit': false,
        'partition.assignment.strategy': strategy,
      },
      topicProperties: { 'auto.offset.reset': 'earliest' },
      commitsItself: false,
      listener: {
        assigned: (_, partitions) => {
          this.held = [...this.held, ...partitions];
        },
        revoked: async (_, partitions) => {
          this.held = this.held.filter(({ partition }) =>
            partitions.every((left) => left.partition !== partition),
          );
        },
        nextOf: () => undefined,
        lastOf: () => undefined,
        doubt: () => undefined,
        trust: () => undefined,
        reset: () => undefined,
        retire: () => undefined,
        skipped: () => undefined,
        unreadable: (_, { reason }) => assert.fail(reason),
        fatal: (error) => assert.fail(error),
      },
      positions: this.#positions,
      startPolicy: 'earliest',
      onWarning: () => undefined,
      connectTimeoutMs: 30_000,
    });
    open.add(this);
    this.#polling = this.#poll();
  }

  async #poll(): Promise<void> {
    await this.client.connect();
    this.client.subscribe();
    while (!this.#isLeaving) {
      if (this.polls) this.read += (await this.client.poll(100)).messages.length;
      await sleep(5);
    }
  }

  async leave(): Promise<void> {
    open.delete(this);
    this.#isLeaving = true;
    await this.#polling;
    await this.client.disconnect();
    await this.#positions.close();
  }

  async holds(count: number): Promise<void> {
    while (this.held.length !== count) await sleep(10);
  }
}

for (const strategy of ['range', 'cooperative-sticky']) {
  test(`a partition that was paused when it went away is read when it is back: ${strategy}`, {
    skip: noBroker,
    timeout: 60_000,
  }, async () => {
    const { bootstrapServers, createTopic } = await sharedBroker();
    const topic = uniqueName('requests');
    await createTopic(topic, 2);
    const group = uniqueName('group');
    const first = new Member(bootstrapServers, topic, group, strategy);
    await first.holds(2);
    first.client.pause(first.held);
    const second = new Member(bootstrapServers, topic, group, strategy);
    await second.holds(1);
    await first.holds(1);
    first.client.resume(first.held); // the one that stayed
    await second.leave();
    await first.holds(2);
    await produceAll(bootstrapServers, topic, [
      { value: 'a', partition: 0 },
      { value: 'b', partition: 1 },
    ]);
    while (first.read < 2) await sleep(10);
    await first.leave();
  });
}

test('an assignment that nobody has seen yet is given back before a consumer closes', {
  skip: noBroker,
  timeout: 60_000,
}, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topic = uniqueName('requests');
  await createTopic(topic, 2);
  const group = uniqueName('group');
  const member = new Member(bootstrapServers, topic, group, 'range');
  member.polls = false;
  while ((await groupState(bootstrapServers, group)) !== 'Stable') await sleep(100); // it has joined, and is not told
  await member.leave();
  assert.deepEqual(member.held, []);
});

test('a commit is known to be done also while nobody polls', {
  skip: noBroker,
  timeout: 60_000,
}, async () => {
  const { bootstrapServers, createTopic } = await sharedBroker();
  const topic = uniqueName('requests');
  await createTopic(topic, 1);
  await produceAll(bootstrapServers, topic, [{ value: 'a' }, { value: 'b' }]);
  const member = new Member(bootstrapServers, topic, uniqueName('group'), 'range');
  await member.holds(1);
  while (member.read < 2) await sleep(10);
  member.polls = false;
  const [partition] = member.held as [TopicPartition];
  await sleep(10);
  await member.client.commit([{ ...partition, offset: 1 }]);
  assert.ok(await member.client.hasCommitted([{ ...partition, offset: 1 }]));
  assert.ok(!(await member.client.hasCommitted([{ ...partition, offset: 2 }])));
  await member.leave();
});
