import assert from 'node:assert/strict';
import { test } from 'node:test';
import rdkafka from 'node-rdkafka';
import type { KubesentimentError } from '../../../src/errors.ts';
import { RdkafkaConsumer } from '../../../src/kafka/consumer.ts';

const { ERR__ASSIGN_PARTITIONS: ASSIGN, ERR__REVOKE_PARTITIONS: REVOKE } = rdkafka.CODES.ERRORS;
const partitions = [{ topic: 'requests', partition: 0 }];

test('partitions that come before others were given back are the end: somebody else reads those already', async () => {
  let giveBack = (): void => undefined;
  const fatal: KubesentimentError[] = [];
  const consumer = new RdkafkaConsumer({
    index: 0,
    topics: ['requests'],
    properties: { 'group.id': 'test' },
    topicProperties: {},
    commitsItself: false,
    listener: {
      assigned: () => undefined,
      revoked: () =>
        new Promise((resolve) => {
          giveBack = resolve;
        }),
      fatal: (error) => fatal.push(error as KubesentimentError),
    },
    onWarning: () => undefined,
    connectTimeoutMs: 1_000,
  });
  const { globalConfig: librdkafka } = consumer.raw as unknown as {
    globalConfig: { rebalance_cb: (code: number, partitions: object[]) => void };
  };

  librdkafka.rebalance_cb(REVOKE, partitions);
  await new Promise(setImmediate);
  assert.deepEqual(fatal, []);
  librdkafka.rebalance_cb(ASSIGN, partitions);
  assert.deepEqual(
    fatal.map(({ code }) => code),
    ['KS_MEMBER_FENCED'],
  );
  giveBack();
});
