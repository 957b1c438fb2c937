/** What a running service says over HTTP, to people, Prometheus and an orchestrator. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import type { KafkaMetrics } from 'kubesentiment';
import { waitForDelivery } from '../helpers/delivery.ts';
import { freePort } from '../helpers/free-port.ts';
import { noBroker, sharedBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';
import { topicSettings, uniqueTopics } from '../helpers/topics.ts';

test('metrics, health and predictions of a service that consumes', { skip: noBroker }, async (t) => {
  const { bootstrapServers: bootstrap, createTopic } = await sharedBroker();
  const topics = uniqueTopics();
  for (const topic of Object.values(topics)) await createTopic(topic, 2);
  const total = 300;
  const values = Array.from({ length: total }, (_, i) =>
    i % 10 === 0 ? '{' : `{"text":"Number ${i} is fine"}`,
  );
  await produceAll(
    bootstrap,
    topics.requests,
    values.map((value, i) => ({ value, partition: i % 2 })),
  );

  const port = await freePort();
  const service = startService({
    'kafka.bootstrap_servers': bootstrap,
    ...topicSettings(topics),
    'kafka.consumer_group': uniqueName('group'),
    'http.port': port,
  });
  const url = `http://127.0.0.1:${port}`;

  await t.test('it is alive at once, and ready when it has partitions', async () => {
    const first = await firstAnswer(`${url}/readyz`);
    assert.equal(first.status, 503);
    const { checks } = (await first.json()) as { checks: { name: string; ok: boolean; reason?: string }[] };
    assert.ok(checks.some(({ name, ok, reason }) => name === 'assigned' && !ok && reason !== undefined));
    assert.equal((await fetch(`${url}/livez`)).status, 200);
    assert.equal((await fetch(`${url}/health`)).status, 503);
    await service.waitFor('partitions_assigned');
    await service.waitFor('service_started');
    while ((await fetch(`${url}/readyz`)).status !== 200) await sleep(20);
    assert.equal((await fetch(`${url}/health`)).status, 200);
  });

  await t.test('it predicts while it consumes', async () => {
    const answer = await fetch(`${url}/api/v1/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ texts: ['A wonderful film.', 'A terrible film.'] }),
    });
    assert.equal(answer.status, 200);
    const labels = [...JSON.stringify(await answer.json()).matchAll(/"label":"(\w+)"/g)].map(
      ([, label]) => label,
    );
    assert.deepEqual(labels, ['POSITIVE', 'NEGATIVE']);
  });

  const delivery = await waitForDelivery(bootstrap, topics, total);
  assert.equal(delivery.deadLetters.length, total / 10);

  await t.test('the counters agree with the topics, on all three paths', async () => {
    for (const path of ['monitoring/kafka-metrics', 'kafka-metrics', 'kafka/metrics']) {
      const metrics = await settled<KafkaMetrics>(
        `${url}/api/v1/${path}`,
        ({ messages_processed }) => messages_processed === (total * 9) / 10,
      );
      assert.equal(metrics.messages_consumed, total);
      assert.equal(metrics.messages_failed, total / 10);
      assert.equal(metrics.messages_sent_to_dlq, total / 10);
      assert.equal(metrics.running, true);
      assert.equal(metrics.pending_messages, 0);
      assert.equal(metrics.consumer_group_lag, 0);
    }
  });

  await t.test('Prometheus reads the same', async () => {
    const answer = await fetch(`${url}/metrics`);
    assert.equal(answer.status, 200);
    const text = await answer.text();
    const consumed = new RegExp(
      `^kafka_messages_consumed_total\\{[^}]*topic="${topics.requests}"[^}]*\\} ${total}$`,
      'm',
    );
    assert.match(text, consumed);
    assert.match(text, /^kafka_messages_failed_total\{[^}]*error_type="invalid_json"[^}]*\} 30$/m);
    assert.match(text, /^kafka_consumer_lag\{[^}]*partition="1"[^}]*\} 0$/m);
    assert.match(text, /^kubesentiment_build_info\{[^}]*model="accurate"/m);
  });

  await t.test('details name the partitions and their lag', async () => {
    interface Details {
      readonly state: string;
      readonly partitions: readonly { partition: number; lagMessages: number; status: string }[];
    }
    // The second consumer may have come after the first, whose partition is then on its way.
    const details = await settled<Details>(
      `${url}/health/details`,
      ({ partitions }) => partitions.length === 2,
    );
    assert.equal(details.state, 'running');
    const found = details.partitions.map(({ partition, lagMessages, status }) => [
      partition,
      lagMessages,
      status,
    ]);
    assert.deepEqual(found.sort(), [
      [0, 0, 'ok'],
      [1, 0, 'ok'],
    ]);
  });

  await t.test('it predicts many texts of all lengths while it has nothing else to do', async () => {
    const texts = Array.from({ length: 500 }, (_, i) => `a ${'very '.repeat(i % 60)}warm film`);
    const answer = await fetch(`${url}/api/v1/predict`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ texts }),
      signal: AbortSignal.timeout(60_000),
    });
    assert.equal(JSON.stringify(await answer.json()).match(/"label"/g)?.length, texts.length);
  });

  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  await assert.rejects(fetch(`${url}/livez`));
});

async function firstAnswer(url: string): Promise<Response> {
  for (;;) {
    try {
      return await fetch(url);
    } catch {
      await sleep(5);
    }
  }
}

async function settled<T>(url: string, isSettled: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = (await (await fetch(url)).json()) as T;
    if (isSettled(answer)) return answer;
    await sleep(20);
  }
}
