import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { ConsumerClient } from '../../../src/clients.ts';
import { restoreOffsets } from '../../../src/consume/forgotten-offsets.ts';
import { type ErrorCode, KubesentimentError } from '../../../src/errors.ts';
import type { TopicPartitionOffset } from '../../../src/types.ts';

const LONG_MS = 60_000;
const offsets = [0, 1].map((partition) => ({ topic: 't', partition, offset: 9 }));

/** A group that has these offsets; calls of these names fail first, one after the other. */
function scene(had: readonly number[], errors: Readonly<Record<string, ErrorCode[]>> = {}) {
  const group = [...had];
  const calls: string[] = [];
  const call = (name: string): void => {
    calls.push(name);
    const code = errors[name.split(' ')[0] as string]?.shift();
    if (code !== undefined) throw new KubesentimentError(code, 'On purpose.');
  };
  const consumer = {
    index: 0,
    forgotten: async (wanted: readonly TopicPartitionOffset[]) => {
      call('read');
      return wanted.filter(({ partition, offset }) => (group[partition] as number) < offset);
    },
    commit: async (wanted: readonly TopicPartitionOffset[]) => {
      call(`write ${wanted.map(({ partition }) => partition).join(' ')}`);
      for (const { partition, offset } of wanted) group[partition] = offset;
    },
  } as unknown as ConsumerClient;
  const ours = { current: offsets as readonly TopicPartitionOffset[] };
  const told: number[] = [];
  const onForgotten = (lost: readonly TopicPartitionOffset[]): void => {
    told.push(...lost.map(({ partition }) => partition));
  };
  const restore = (limitMs = LONG_MS): Promise<void> =>
    restoreOffsets({ consumer, offsets: () => ours.current, limitMs, onForgotten });
  return { group, calls, told, consumer, ours, restore };
}

test('a group that has everything is asked once', async () => {
  const { calls, told, restore } = scene([9, 12]);
  await restore();
  assert.deepEqual({ calls, told }, { calls: ['read'], told: [] });
});

test('what the group has lost is written and read again, and nothing else', async () => {
  const { group, calls, told, restore } = scene([9, 4]);
  await restore();
  assert.deepEqual({ group, calls, told }, { group: [9, 9], calls: ['read', 'write 1', 'read'], told: [1] });
});

test('it is tried again when nobody answers', async () => {
  const { group, restore } = scene([0, 9], {
    read: ['KS_BROKER_UNREACHABLE'],
    write: ['KS_KAFKA_RETRIABLE'],
  });
  await restore();
  assert.deepEqual(group, [9, 9]);
});

test('a consumer that the group does not know any more leaves the offsets to others', async () => {
  const { group, calls, restore } = scene([0, 0], { write: ['KS_MEMBER_FENCED'] });
  await restore();
  assert.deepEqual({ group, calls }, { group: [0, 0], calls: ['read', 'write 0 1'] });
});

test('a partition that is found to have another log meanwhile is left alone', async () => {
  const { group, consumer, ours, restore } = scene([4, 4]);
  const read = consumer.forgotten.bind(consumer);
  consumer.forgotten = async (wanted, timeoutMs) => {
    const found = await read(wanted, timeoutMs);
    ours.current = offsets.slice(0, 1); // we have moved the group back in the other one
    return found;
  };
  await restore();
  assert.deepEqual(group, [9, 4]);
});

test('a commit may take no longer than what is left of the time', async (t) => {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { consumer, restore } = scene([0, 9]);
  const read = consumer.forgotten.bind(consumer);
  consumer.forgotten = (wanted, timeoutMs) => {
    now += 700;
    return read(wanted, timeoutMs);
  };
  const limits: (number | undefined)[] = [];
  consumer.commit = async (_, timeoutMs) => {
    limits.push(timeoutMs);
    now += 1_000;
  };
  await restore(1_000);
  assert.deepEqual(limits, [300]);
});

test('no call goes on when the time is up: the consumer is closed then', async () => {
  const { consumer, restore } = scene([9, 9]);
  let toldMs = Number.POSITIVE_INFINITY;
  consumer.forgotten = async (_, timeoutMs) => {
    toldMs = timeoutMs;
    return [];
  };
  await restore(5_000);
  assert.ok(toldMs <= 5_000, String(toldMs));
});

test('an answer that does not come holds nobody up for longer than allowed', async () => {
  const { consumer, restore } = scene([0, 0]);
  consumer.forgotten = () => new Promise(() => undefined);
  await restore(30);
});
