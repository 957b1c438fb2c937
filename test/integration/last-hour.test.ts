/** What a real service keeps for the live page, over a broker inside this process. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '../../src/cli/serve.ts';
import { loadConfig } from '../../src/config/load.ts';
import type { LiveEvent } from '../../src/http/live/live-events.ts';
import { EmbeddedBroker } from '../../src/kafka/embedded.ts';
import { createLogger } from '../../src/log.ts';
import { HighThroughputKafkaConsumer } from '../../src/service/high-throughput-kafka-consumer.ts';
import { produceAll } from '../helpers/kafka-client.ts';

test('a run from its start to its end can be read from the events', { timeout: 300_000 }, async (t) => {
  const broker = await EmbeddedBroker.start();
  t.after(() => broker.stop());
  const { config } = loadConfig({
    overrides: {
      'kafka.bootstrap_servers': [broker.bootstrapServers],
      'kafka.consumer_threads': 1,
      'kafka.auto_offset_reset': 'earliest',
      'model.max_threads': 1,
      'http.port': 0,
    },
  });
  const [topic] = config.kafka.topic as [string];
  for (const name of [topic, config.kafka.results_topic, config.kafka.dlq_topic])
    await produceAll(broker.bootstrapServers, name, [{ value: '{"text": "A fine film."}' }]);
  const consumer = new HighThroughputKafkaConsumer({
    config,
    logger: createLogger({ level: 'silent', format: 'json' }),
  });
  t.after(() => consumer.stop());
  const starting = consumer.start();
  const { server, url } = await serve(consumer, 0);
  t.after(() => server.stop());
  await starting;

  const history = async () => await (await fetch(`${url}/api/v1/monitoring/history`)).json();
  const until = async (...titles: string[]): Promise<LiveEvent[]> => {
    for (;;) {
      const { events } = (await history()) as { events: LiveEvent[] };
      if (titles.every((title) => events.some((event) => event.title === title))) return events;
      await sleep(200);
    }
  };
  await until('Connected to Kafka', 'Started', 'Partitions assigned');
  consumer.service.control.pause({});
  await until('Paused');
  consumer.service.control.resume({});
  await consumer.reload();
  await until('Resumed', 'Configuration reloaded');
  await consumer.stop();
  const events = await until('Stopping', 'Stopped');
  const detailOf = (title: string) => events.find((event) => event.title === title)?.detail;
  assert.match(detailOf('Partitions assigned') ?? '', /^\d+ partitions?$/);
  assert.match(detailOf('Paused') ?? '', /^[1-9]\d* partitions? (is|are) paused now$/);
  assert.equal(detailOf('Resumed'), '0 partitions are paused now');
  assert.equal(detailOf('Configuration reloaded'), 'nothing has changed');
  assert.ok(
    events.every(({ at }, i) => i === 0 || at >= (events[i - 1]?.at ?? 0)),
    'oldest first',
  );
  assert.equal(events.filter(({ level }) => level === 'bad').length, 0);
});
