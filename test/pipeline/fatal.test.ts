/** After a programming error, or one that the broker reports as fatal, nothing more is committed. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { FakeBroker } from './fake-broker.ts';
import type { Faults, ProducerCall } from './fake-producer.ts';
import { createBroker, Member, type MemberOptions, sendRequests, tokensOf, topics, until } from './rig.ts';

const offsetsOf = (broker: FakeBroker): number[] =>
  [0, 1].map((partition) => broker.committed({ topic: topics.requests, partition }));

/** Runs until the fatal error, then checks that nothing more comes out and that the shutdown is orderly. */
async function runIntoFatal(options: MemberOptions): Promise<{ error: unknown; answered: number }> {
  const broker = createBroker(2);
  sendRequests(broker, 1_000);
  const member = new Member(broker, { pool: { latencyMs: () => 2 }, ...options }).start();
  await until('the fatal error is reported', () => member.fatal.length > 0);
  await member.session.pipeline?.stopPublishing(); // a commit that had already reached the broker cannot be recalled
  const before = { offsets: offsetsOf(broker), answered: broker.audit.answered };
  await sleep(150);
  assert.deepEqual(offsetsOf(broker), before.offsets);
  assert.equal(broker.audit.answered, before.answered);
  assert.deepEqual(broker.audit.violations, []);
  await member.abandon();
  assert.deepEqual(offsetsOf(broker), before.offsets);
  return { error: member.fatal[0], answered: before.answered };
}

/** The `nth` call of this kind fails permanently. */
function failNth(call: ProducerCall, nth: number): Faults {
  let calls = 0;
  return (each) => (each === call && ++calls === nth ? 'fatal' : 'none');
}

for (const call of ['begin', 'produce', 'sendOffsets', 'commit'] as const) {
  test(`a fatal error of ${call} ends everything`, async () => {
    const { error, answered } = await runIntoFatal({ faults: failNth(call, call === 'produce' ? 100 : 5) });
    assert.equal((error as { code?: string }).code, 'KS_KAFKA_FATAL');
    assert.ok(answered > 0 && answered < 1_000);
  });
}

test('an abort that fails is fatal: nobody knows what is in the transaction', async () => {
  let commits = 0;
  const { error } = await runIntoFatal({
    faults: (call) => (call === 'commit' && ++commits === 3 ? 'abort' : call === 'abort' ? 'fatal' : 'none'),
  });
  assert.equal((error as { code?: string }).code, 'KS_KAFKA_FATAL');
});

test('a programming error in one batch keeps the others from being committed', async () => {
  let batches = 0;
  const { error, answered } = await runIntoFatal({
    latencyMs: () => 5,
    pool: { latencyMs: () => 2, fault: () => (++batches === 10 ? 'broken' : 'none') },
  });
  assert.ok(error instanceof TypeError);
  assert.ok(answered < 1_000);
});

test('it is fatal if all threads hang: only a new process helps', async () => {
  const poison = tokensOf('5')[1] as number;
  const { error } = await runIntoFatal({
    pool: { timeoutMs: 5, fault: (rows) => (rows.some((row) => row.includes(poison)) ? 'hang' : 'none') },
  });
  assert.equal((error as { code?: string }).code, 'KS_INFERENCE_TIMEOUT');
  assert.match(String(error), /must be restarted/);
});
