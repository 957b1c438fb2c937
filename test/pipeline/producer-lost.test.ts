/** Topics that reject records for a while, and producers that the coordinator has given up on. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Fault, Faults, ProducerCall } from './fake-producer.ts';
import { createBroker, faultsOf, Member, sendRequests, topics, until } from './rig.ts';

const REQUESTS = 600;

/** Every request comes out once, despite these producer faults. */
async function runWith(faults: Faults): Promise<Member> {
  const broker = createBroker(3);
  sendRequests(broker, REQUESTS);
  const member = new Member(broker, { faults }).start();
  await until(
    'every request is answered',
    () => broker.audit.answered === REQUESTS || member.fatal.length > 0,
  );
  await member.stop();
  assert.deepEqual(member.fatal, []);
  assert.deepEqual(faultsOf(broker), []);
  assert.equal(broker.all(topics.results).length, REQUESTS);
  return member;
}

/** The `nth` call of this kind, and every `nth` after it, at most `times` in all. */
function everyNth(call: ProducerCall, nth: number, fault: Fault, times = 3): Faults {
  let calls = 0;
  let done = 0;
  return (each) => (each === call && ++calls % nth === 0 && done++ < times ? fault : 'none');
}

for (const call of ['begin', 'produce', 'sendOffsets', 'commit'] as const) {
  test(`a producer that the coordinator has given up on is replaced: ${call}`, async () => {
    const member = await runWith(everyNth(call, call === 'produce' ? 90 : 2, 'expired'));
    assert.ok(member.producer.renewals > 0);
  });
}

test('a commit whose answer was lost is not repeated', async () => {
  const member = await runWith(everyNth('commit', 2, 'unheard'));
  assert.ok(member.producer.renewals > 0);
  assert.equal(member.counters.messagesProcessed, REQUESTS);
});

test('an abort discovers that the producer has expired', async () => {
  const commit = everyNth('commit', 2, 'abort');
  const abort = everyNth('abort', 1, 'expired', 1);
  await runWith((call) => (call === 'abort' ? abort(call) : commit(call)));
});

for (const call of ['produce', 'sendOffsets', 'commit'] as const) {
  test(`a permission that is missing for a while delays everything and drops nothing: ${call}`, async () => {
    await runWith(everyNth(call, call === 'produce' ? 50 : 1, 'denied', 4));
  });
}
