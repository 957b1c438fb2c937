/** Batch sizes follow the load up and down. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBroker, faultsOf, Member, sendRequests, topics, until } from './rig.ts';

const BATCH_SIZE = 16;

test('a lone message is sent alone, a backlog fills the batches, and then they are small again', async () => {
  const broker = createBroker(2);
  const member = new Member(broker, { pool: { threads: 1, latencyMs: () => 5 } }).start();
  const { batches } = member.pool;
  let sent = 0;
  const answered = async (): Promise<void> => {
    await until('everything is answered', () => broker.audit.answered === sent);
  };
  const sendAlone = async (): Promise<number[]> => {
    const before = batches.length;
    for (let i = 0; i < 3; i++) {
      sendRequests(broker, 1);
      sent++;
      await answered();
    }
    return batches.slice(before);
  };

  assert.deepEqual(await sendAlone(), [1, 1, 1]);

  const before = batches.length;
  sendRequests(broker, 300);
  sent += 300;
  await answered();
  const underLoad = batches.slice(before);
  assert.ok(Math.max(...underLoad) > BATCH_SIZE / 2, `${underLoad}`);
  assert.ok(Math.max(...underLoad) <= BATCH_SIZE, `${underLoad}`);
  assert.ok(underLoad.length < 300 / 4, 'far fewer batches than messages');

  assert.deepEqual(await sendAlone(), [1, 1, 1]);
  await member.stop();
  assert.deepEqual(faultsOf(broker), []);
  assert.equal(broker.all(topics.results).length, sent);
});
