import assert from 'node:assert/strict';
import { test } from 'node:test';
import rdkafka from 'node-rdkafka';
import type { KubesentimentError } from '../../../src/errors.ts';
import { RdkafkaConsumer } from '../../../src/kafka/consumer.ts';
import { GroupPositions } from '../../../src/kafka/group-positions.ts';
import { gate } from '../../helpers/gate.ts';

const { ERR__ASSIGN_PARTITIONS: ASSIGN, ERR__REVOKE_PARTITIONS: REVOKE } = rdkafka.CODES.ERRORS;
const partitions = [{ topic: 'requests', partition: 0 }];

/** What node-rdkafka calls. */
interface Callbacks {
  readonly rebalance_cb: (code: number, partitions: object[]) => void;
  readonly offset_commit_cb: (error: object | null, offsets: object[]) => void;
}

/** A consumer that has not connected. */
function consumerWith(revoked: () => Promise<void> = async () => undefined) {
  const fatal: KubesentimentError[] = [];
  const warnings: KubesentimentError[] = [];
  const consumer = new RdkafkaConsumer({
    index: 0,
    mayWait: false,
    topics: ['requests'],
    properties: { 'group.id': 'test' },
    topicProperties: {},
    commitsItself: false,
    listener: {
      assigned: () => undefined,
      revoked,
      nextOf: () => undefined,
      lastOf: () => undefined,
      doubt: () => undefined,
      trust: () => undefined,
      reset: () => undefined,
      retire: () => undefined,
      skipped: () => undefined,
      unreadable: () => undefined,
      fatal: (error) => fatal.push(error as KubesentimentError),
    },
    positions: new GroupPositions({ group: 'test', properties: {} }),
    startPolicy: 'latest',
    onWarning: (error) => warnings.push(error),
    connectTimeoutMs: 1_000,
  });
  const { globalConfig: callbacks } = consumer.raw as unknown as { globalConfig: Callbacks };
  return { consumer, callbacks, fatal, warnings };
}

const turns = async (): Promise<void> => {
  for (let i = 0; i < 3; i++) await new Promise(setImmediate);
};

test('partitions that come before others were given back are the end: somebody else reads those already', async () => {
  const released = gate();
  const { callbacks, fatal } = consumerWith(() => released.promise);
  callbacks.rebalance_cb(REVOKE, partitions);
  await new Promise(setImmediate);
  assert.deepEqual(fatal, []);
  callbacks.rebalance_cb(ASSIGN, partitions);
  assert.deepEqual(
    fatal.map(({ code }) => code),
    ['KS_MEMBER_FENCED'],
  );
  released.resolve();
});

test('a commit that cannot even be sent fails once, and an answer that comes all the same harms nobody', async () => {
  const { consumer, callbacks, warnings } = consumerWith();
  const offsets = [{ topic: 'requests', partition: 0, offset: 5 }];
  await assert.rejects(consumer.commit(offsets), { code: 'KS_KAFKA_RETRIABLE' }); // it is closed, or closing
  assert.equal(warnings.length, 1);
  callbacks.offset_commit_cb({ code: -197, message: 'Local: Broker handle destroyed' }, offsets);
  await turns(); // a rejection that nobody handles would fail this test
});

test('a static member that is fenced while it gives partitions back has fenced itself', async () => {
  const released = gate();
  const fenced =
    'Fatal error: Broker: Static consumer fenced by other consumer with same group.instance.id: x';
  for (const isGivingBack of [true, false]) {
    const { consumer, callbacks, fatal } = consumerWith(() => released.promise);
    if (isGivingBack) callbacks.rebalance_cb(REVOKE, partitions);
    consumer.raw.emit('event.log' as never, { fac: 'FATAL', message: fenced } as never);
    consumer.raw.emit(
      'event.error' as never,
      Object.assign(new Error('fatal error'), { code: -150 }) as never,
    );
    await turns();
    const expected = isGivingBack ? 'KS_MEMBER_FENCED' : 'KS_KAFKA_FATAL';
    assert.deepEqual(
      fatal.map(({ code }) => code),
      [expected],
    );
  }
  released.resolve();
});
