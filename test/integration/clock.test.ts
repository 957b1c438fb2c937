/** The wall clock of the machine is set back and forward while messages flow; nothing may depend on it. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { waitForDelivery } from '../helpers/delivery.ts';
import { freePort } from '../helpers/free-port.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { movedClock } from '../helpers/moved-clock.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const HOUR_S = 3_600;
const COUNT = 50;
const LIMIT_MS = 60_000;

test('a clock that is set back two hours, then forward again, holds nothing up', {
  skip: noBroker,
}, async (t) => {
  const clock = movedClock(t);
  if (typeof clock === 'string') return t.skip(clock);
  const broker = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await broker.createTopic(topic, 2);
  const port = await freePort();
  const service = startService(
    {
      'kafka.bootstrap_servers': broker.bootstrapServers,
      ...topicSettings(topics),
      'kafka.consumer_group': uniqueName('group'),
      'http.port': port,
    },
    clock.env,
  );
  await service.waitFor('partitions_assigned');
  let sent = 0;
  const send = async (): Promise<void> => {
    const values = Array.from({ length: COUNT }, (_, i) => ({ value: `{"text":"number ${sent + i}"}` }));
    await produceAll(broker.bootstrapServers, topics.requests, values);
    sent += COUNT;
  };
  const isAnswered = async (): Promise<void> => {
    const { lost, doubled, deadLetters } = await waitForDelivery(broker.bootstrapServers, topics, sent);
    const none = { lost: [], doubled: [], deadLetters: [] };
    assert.deepEqual({ lost, doubled, deadLetters }, none, service.log());
    assert.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200);
  };
  for (const seconds of [0, -2 * HOUR_S, HOUR_S / 2]) {
    clock.move(seconds);
    await send();
    await isAnswered();
  }
  // Further ahead than a topic takes by default: the requests wait, and the log says what for.
  clock.move(3 * HOUR_S);
  await send();
  for (const deadline = performance.now() + LIMIT_MS; ; await sleep(100)) {
    if (/"event":"transaction_aborted".*Compare this machine's clock with the broker's/.test(service.log()))
      break;
    assert.ok(performance.now() < deadline, service.log());
  }
  clock.move(0);
  await isAnswered();
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
});
