import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { AcknowledgedClient, ConsumerClient, TransactionalClient } from '../../../src/clients.ts';
import type { PartitionState } from '../../../src/consume/partition-state.ts';
import { type ErrorCode, KubesentimentError } from '../../../src/errors.ts';
import {
  type AtLeastOnceDelivery,
  createDelivery,
  type ExactlyOnceDelivery,
  type OffsetsByConsumer,
} from '../../../src/publish/delivery.ts';
import type { TopicPartitionOffset } from '../../../src/types.ts';

interface Setup {
  /** Errors of one call after the other, by its name; without one left it succeeds. */
  readonly errors?: Readonly<Record<string, ErrorCode[]>>;
  /** Offset that the group has of every partition. */
  readonly committed?: number;
  readonly mayHaveCommitted?: boolean;
}

/** Two consumers with a partition each, and producers; all of them note their calls. */
class Scene {
  readonly calls: string[] = [];
  readonly fenced: number[] = [];
  /** Of both partitions, by number. */
  readonly states: PartitionState[] = ['held', 'held'];
  unacknowledged = 0;
  readonly offsets: OffsetsByConsumer;
  readonly #setup: Setup;

  constructor(setup: Setup = {}) {
    this.#setup = setup;
    this.offsets = new Map(
      [0, 1].map((index) => [this.#consumer(index), [{ topic: 't', partition: index, offset: 5 }]]),
    );
  }

  readonly stateOf = (_: ConsumerClient, { partition }: { partition: number }): PartitionState => {
    this.calls.push(`state ${partition}`);
    return this.states[partition] as PartitionState;
  };

  readonly onFenced = ({ index }: ConsumerClient): void => {
    this.fenced.push(index);
    if (this.states[index] === 'draining') this.states[index] = 'lost';
  };

  exactlyOnce(): ExactlyOnceDelivery {
    const { mayHaveCommitted = false } = this.#setup;
    const producer: Partial<TransactionalClient> = {
      mayHaveCommitted,
      begin: () => this.#call('begin'),
      sendOffsets: ({ index }) => this.#call(`offsets ${index}`),
      commit: () => this.#call('commit'),
      abort: () => this.#call('abort'),
    };
    return createDelivery(producer as TransactionalClient, this.onFenced) as ExactlyOnceDelivery;
  }

  atLeastOnce(): AtLeastOnceDelivery {
    const scene = this;
    const producer: Partial<AcknowledgedClient> = {
      flush: () => this.#call('flush'),
      get unacknowledged() {
        return scene.unacknowledged;
      },
    };
    return createDelivery(producer as AcknowledgedClient, this.onFenced) as AtLeastOnceDelivery;
  }

  /** Other calls than questions for the state of partitions. */
  get deeds(): string[] {
    return this.calls.filter((call) => !call.startsWith('state'));
  }

  #consumer(index: number): ConsumerClient {
    return {
      index,
      commit: () => this.#call(`commit ${index}`),
      hasCommitted: async (wanted: TopicPartitionOffset[]) =>
        wanted.every(({ offset }) => (this.#setup.committed ?? -1) >= offset),
    } as unknown as ConsumerClient;
  }

  async #call(name: string): Promise<void> {
    this.calls.push(name);
    const code = this.#setup.errors?.[name]?.shift();
    if (code !== undefined) throw new KubesentimentError(code, `${name} failed.`);
  }
}

test('exactly once: each consumer sends its own offsets, and the last question comes before the commit', async () => {
  const scene = new Scene();
  const delivery = scene.exactlyOnce();
  await delivery.begin();
  assert.equal((await delivery.finish(scene.offsets, scene.stateOf)).size, 0);
  assert.deepEqual(scene.calls, ['begin', 'offsets 0', 'offsets 1', 'state 0', 'state 1', 'commit']);
});

test('exactly once: the offsets of the group tell how a commit ended whose answer was lost', async () => {
  for (const [committed, isThrough] of [
    [5, true],
    [4, false],
    [-1, false],
  ] as const) {
    const errors = { commit: ['KS_PRODUCER_EXPIRED' as const] };
    const scene = new Scene({ errors, committed, mayHaveCommitted: true });
    const delivery = scene.exactlyOnce();
    await delivery.begin();
    await assert.rejects(delivery.finish(scene.offsets, scene.stateOf), { code: 'KS_PRODUCER_EXPIRED' });
    assert.equal((await delivery.undo()) !== undefined, isThrough);
  }
});

test('exactly once: offsets that the group has prove nothing where no commit of ours was under way', async () => {
  const scene = new Scene({ errors: { commit: ['KS_KAFKA_ABORTABLE'] }, committed: 5 });
  const delivery = scene.exactlyOnce();
  await delivery.begin();
  await assert.rejects(delivery.finish(scene.offsets, scene.stateOf), { code: 'KS_KAFKA_ABORTABLE' });
  assert.equal(await delivery.undo(), undefined);
});

test('exactly once: nothing is committed when a partition is lost or its offset refused', async () => {
  const scene = new Scene();
  scene.states[1] = 'lost';
  await assert.rejects(scene.exactlyOnce().finish(scene.offsets, scene.stateOf), {
    code: 'KS_KAFKA_ABORTABLE',
    message: 'Partition t/1 was lost to another member.',
  });
  assert.deepEqual(scene.deeds, ['offsets 0', 'offsets 1']);

  const refused = new Scene({ errors: { 'offsets 1': ['KS_MEMBER_FENCED'] } });
  await assert.rejects(refused.exactlyOnce().finish(refused.offsets, refused.stateOf), {
    code: 'KS_MEMBER_FENCED',
  });
  assert.deepEqual(refused.deeds, ['offsets 0', 'offsets 1']);
  assert.deepEqual(refused.fenced, [1]);
});

test('at least once: offsets follow the acknowledgements', async () => {
  const scene = new Scene();
  const delivery = scene.atLeastOnce();
  await delivery.begin();
  assert.equal((await delivery.finish(scene.offsets, scene.stateOf)).size, 0);
  assert.deepEqual(scene.deeds, ['flush', 'commit 0', 'commit 1']);
});

test('at least once: a record that was not delivered keeps every offset back, and all are sent again', async () => {
  const scene = new Scene({ errors: { flush: ['KS_RECORD_TOO_LARGE'] } });
  const delivery = scene.atLeastOnce();
  await assert.rejects(delivery.finish(scene.offsets, scene.stateOf), { code: 'KS_RECORD_TOO_LARGE' });
  assert.equal(await delivery.undo(), undefined);
  assert.deepEqual(scene.calls, ['flush']);
});

test('at least once: records that may still be acknowledged are waited for, not sent again', async () => {
  const scene = new Scene({ errors: { flush: ['KS_BROKER_UNREACHABLE', 'KS_BROKER_UNREACHABLE'] } });
  const delivery = scene.atLeastOnce();
  scene.unacknowledged = 3;
  await assert.rejects(delivery.finish(scene.offsets, scene.stateOf), { code: 'KS_BROKER_UNREACHABLE' });
  await assert.rejects(delivery.undo(), { code: 'KS_BROKER_UNREACHABLE' });
  assert.equal((await delivery.undo())?.size, 0);
  assert.deepEqual(scene.deeds, ['flush', 'flush', 'flush', 'commit 0', 'commit 1']);
});

test('at least once: records that were not all handed over are sent again, whatever is still under way', async () => {
  const scene = new Scene();
  const delivery = scene.atLeastOnce();
  await delivery.finish(scene.offsets, scene.stateOf);
  await delivery.begin();
  scene.unacknowledged = 3;
  assert.equal(await delivery.undo(), undefined);
});

test('at least once: a commit refused in a rebalance is repeated, without its records and its neighbours', async () => {
  const scene = new Scene({
    errors: { 'commit 0': ['KS_MEMBER_FENCED', 'KS_MEMBER_FENCED', 'KS_KAFKA_RETRIABLE'] },
  });
  const late = await scene.atLeastOnce().finish(scene.offsets, scene.stateOf);
  for (const { done } of late.values()) await done;
  assert.deepEqual(scene.deeds, ['flush', 'commit 0', 'commit 1', 'commit 0', 'commit 0', 'commit 0']);
  assert.deepEqual(scene.fenced, []);
});

test('at least once: partitions that others have by now get no offset from us', async () => {
  const scene = new Scene();
  scene.states[0] = 'released';
  assert.equal((await scene.atLeastOnce().finish(scene.offsets, scene.stateOf)).size, 0);
  assert.deepEqual(scene.deeds, ['flush', 'commit 1']);
});

test('at least once: a member refused twice while it gives partitions back has lost them', async () => {
  const refusals = Array<ErrorCode>(10).fill('KS_MEMBER_FENCED');
  const scene = new Scene({ errors: { 'commit 1': refusals } });
  scene.states[1] = 'draining';
  const late = await scene.atLeastOnce().finish(scene.offsets, scene.stateOf);
  for (const { done } of late.values()) await done;
  assert.deepEqual(scene.fenced, [1]);
  assert.deepEqual(scene.deeds, ['flush', 'commit 0', 'commit 1', 'commit 1']);
});

test('at least once: a fatal answer to a commit is the end', async () => {
  const scene = new Scene({ errors: { 'commit 1': ['KS_KAFKA_FATAL'] } });
  await assert.rejects(scene.atLeastOnce().finish(scene.offsets, scene.stateOf), { code: 'KS_KAFKA_FATAL' });
});
