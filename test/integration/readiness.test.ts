/** A service that has nothing to do, and whose broker goes away and comes back. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../helpers/free-port.ts';
import { noBroker, startBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

const LIMIT_MS = 90_000;

test('an idle service says that no broker answers, stays alive, and is ready when one is back', {
  skip: noBroker,
}, async (t) => {
  const broker = await startBroker();
  t.after(() => broker.stop());
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await broker.createTopic(topic, 1);
  const port = await freePort();
  const service = startService({
    'kafka.bootstrap_servers': broker.bootstrapServers,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'model.path': 'null',
    'http.port': port,
  });
  const readyz = (): Promise<Response> => fetch(`http://127.0.0.1:${port}/readyz`);
  const until = async (status: number): Promise<string> => {
    for (const deadline = performance.now() + LIMIT_MS; ; await sleep(200)) {
      const answer = await readyz();
      if (answer.status === status) return answer.text();
      assert.ok(performance.now() < deadline, service.log());
    }
  };
  await service.waitFor('service_started');
  await until(200);
  await broker.kill();
  assert.match(await until(503), /"name":"broker","ok":false,"reason":"No broker has answered for \d+ s\."/);
  assert.equal((await fetch(`http://127.0.0.1:${port}/livez`)).status, 200);
  const metrics = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
  assert.match(metrics, /^kafka_consumer_ready\{.*\} 0$/m);
  await broker.restart();
  await until(200);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
});
