import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { KubesentimentError } from '../../../src/errors.ts';
import { connectClient, makeClient, readMetadata, waitForTopic } from '../../../src/kafka/connect.ts';
import { withDeadline } from '../../../src/kafka/deadline.ts';
import { rdkafka } from '../../../src/kafka/codes.ts';

type Done = (error: unknown, metadata?: unknown) => void;
const failure = (code: number) => Object.assign(new Error('Local: something'), { code });

/** A raw client that answers with each of `errors` in turn, and then well. */
function rawClient(errors: readonly (number | undefined)[], topics: readonly unknown[][] = []) {
  let calls = 0;
  const answer = (done: Done): void => {
    const code = errors[calls];
    const known = topics[Math.min(calls, topics.length - 1)] ?? [];
    calls++;
    setImmediate(() => done(code === undefined ? null : failure(code), { brokers: [], topics: known }));
  };
  return {
    get calls() {
      return calls;
    },
    connect: (_: object, done: Done) => answer(done),
    getMetadata: (_: object, done: Done) => answer(done),
    isConnected: () => true,
  };
}

test('a broker that does not answer is tried again, and each failure is told', async () => {
  const client = rawClient([rdkafka.transport, rdkafka.timedOut]);
  const warnings: KubesentimentError[] = [];
  await connectClient(client, 10_000, (error) => warnings.push(error));
  assert.equal(client.calls, 3);
  assert.deepEqual(
    warnings.map(({ code }) => code),
    ['KS_BROKER_UNREACHABLE', 'KS_BROKER_UNREACHABLE'],
  );
});

test('after the time is over the last reason is given', async () => {
  const client = rawClient(Array(100).fill(rdkafka.transport));
  const warnings: unknown[] = [];
  await assert.rejects(
    connectClient(client, 700, (error) => warnings.push(error)),
    { code: 'KS_BROKER_UNREACHABLE', message: /^Connecting to the broker failed/ },
  );
  assert.equal(warnings.length, 1);
});

test('a wrong password is not tried again', async () => {
  const client = rawClient([rdkafka.saslAuthentication]);
  await assert.rejects(
    connectClient(client, 10_000, () => assert.fail('no warning')),
    { code: 'KS_NOT_AUTHORIZED' },
  );
  assert.equal(client.calls, 1);
});

test('a topic that comes late is waited for, one that does not come is missing', async () => {
  const late = rawClient([], [[], [{ name: 'other', partitions: [1] }], [{ name: 't', partitions: [1, 2] }]]);
  assert.equal(await waitForTopic(late, 't'), 2);
  assert.equal(late.calls, 3);
  await assert.rejects(waitForTopic(rawClient([], [[{ name: 't', partitions: [] }]]), 't'), {
    code: 'KS_TOPIC_MISSING',
    message: 'The topic "t" does not exist.',
  });
  await assert.rejects(readMetadata(rawClient([rdkafka.transport])), { code: 'KS_BROKER_UNREACHABLE' });
});

test('a property that librdkafka refuses is a wrong configuration', () => {
  assert.equal(
    makeClient(() => 5),
    5,
  );
  assert.throws(
    () =>
      makeClient(() => {
        throw new Error('No such configuration property: "x"');
      }),
    { code: 'KS_CONFIG_INVALID', exitCode: 2, message: /No such configuration property: "x"\.$/ },
  );
});

test('a call that never returns is given up, one that does is passed on', async () => {
  assert.equal(await withDeadline(Promise.resolve(7), 1_000, 'Waiting'), 7);
  await assert.rejects(withDeadline(Promise.reject(new Error('own')), 1_000, 'Waiting'), { message: 'own' });
  await assert.rejects(withDeadline(new Promise(() => undefined), 10, 'Waiting'), {
    code: 'KS_KAFKA_FATAL',
    message: 'Waiting did not return within 10 ms.',
  });
});
