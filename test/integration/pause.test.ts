/** A running service is paused and goes on, against a real Apache Kafka. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import rdkafkaModule from 'node-rdkafka';
import { commandWith, workplace } from '../helpers/command.ts';
import { checkDelivery, waitForDelivery } from '../helpers/delivery.ts';
import { noBroker } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

const token = 'a-token-of-some-length-0123456789';
/** The machine may be busy; what is waited for comes or does not come. */
const timeoutMs = 300_000;

/** A member that takes partitions of the group and reads nothing. */
async function joinAs(group: string, bootstrap: string, topic: string) {
  const member = new rdkafkaModule.KafkaConsumer(
    {
      'metadata.broker.list': bootstrap,
      'group.id': group,
      'enable.auto.commit': false,
      'partition.assignment.strategy': 'range',
      'session.timeout.ms': 10_000,
    },
    {},
  );
  await new Promise<void>((resolve, reject) => {
    member.connect({}, (error) => (error ? reject(error) : resolve()));
  });
  member.subscribe([topic]);
  let isOver = false;
  const polling = (async () => {
    for (; !isOver; await sleep(20)) {
      const held = member.assignments();
      if (held.length > 0) member.pause(held);
      await new Promise<void>((done) => member.consume(1, () => done()));
    }
  })();
  return {
    holds: () => member.assignments().length,
    leave: async () => {
      isOver = true;
      await polling;
      await new Promise<void>((done) => member.disconnect(() => done()));
    },
  };
}

test('paused partitions wait, also after a rebalance; the others go on; resume loses and doubles nothing', {
  skip: noBroker,
}, async (t) => {
  const { bootstrap, topics, settings: shared, createAll } = await workplace();
  await createAll();
  const settings = {
    ...shared,
    'kafka.consumer_threads': 1,
    'kafka.partition_assignment_strategy': 'range',
    'http.token': token,
    'kafka.session_timeout_ms': 10_000,
  };
  const service = startService(settings);
  await service.waitFor('http_listening');
  const port = Number(/"event":"http_listening".*?"port":(\d+)/.exec(service.log())?.[1]);
  const command = commandWith({ ...settings, 'http.port': port });
  const ask = (path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
  const until = async (isSo: () => Promise<boolean> | boolean): Promise<void> => {
    const ended = service.exited.then(() => assert.fail(service.log()));
    ended.catch(() => undefined);
    while (!(await Promise.race([isSo(), ended]))) await sleep(50);
  };
  const isReady = async () => (await ask('/readyz')).status === 200;
  const partitionsHeld = async (): Promise<number> => {
    const { partitions } = (await (await ask('/health/details')).json()) as { partitions: unknown[] };
    return partitions.length;
  };
  const send = (from: number, count: number, partition: number) =>
    produceAll(
      bootstrap,
      topics.requests,
      Array.from({ length: count }, (_, i) => ({
        value: JSON.stringify({ id: `m${from + i}`, text: 'A fine day.' }),
        partition,
      })),
    );
  const partitionsAnswered = async (expected: number): Promise<number[]> => {
    const { results } = await waitForDelivery(bootstrap, topics, expected, timeoutMs);
    assert.equal(results.length, expected, service.log());
    return results.map(({ value }) => JSON.parse(String(value)).source.partition).sort();
  };
  await until(isReady);

  await t.test('one partition: the other goes on, and everything says so', async () => {
    const paused = await command('pause', '--partition', '0', '--json');
    assert.equal(paused.code, 0, paused.stderr);
    assert.deepEqual(paused.json.paused, [{ topic: topics.requests, partition: 0 }]);
    await send(0, 5, 0);
    await send(5, 5, 1);
    assert.deepEqual(await partitionsAnswered(5), [1, 1, 1, 1, 1]);
    const ready = await ask('/readyz');
    assert.equal(ready.status, 503);
    assert.match(await ready.text(), new RegExp(`An operator has paused ${topics.requests}/0\\.`));
    assert.match(await (await ask('/metrics')).text(), /^kafka_consumer_paused_partitions\{.*\} 1$/m);
    assert.match(service.log(), /"event":"http_audit".*"route":"\/api\/v1\/consumer\/pause".*"paused":1/);
    const saysWhy = async () =>
      (await (await ask('/api/v1/monitoring/why')).json()) as Record<string, string>;
    // Soon it also says how many messages wait there.
    const paused0 = new RegExp(`^An operator has paused ${topics.requests}/0[.;]`);
    await until(async () => paused0.test((await saysWhy())['sentence'] ?? ''));
    assert.equal((await saysWhy())['remedy'], '"kubesentiment resume" goes on.');
    const other = await command('pause', '--topic', 'other');
    assert.equal(other.code, 1);
    assert.match(other.stderr, /does not read the topic "other"/);
  });

  await t.test('all: a partition that another member has had comes back paused', async () => {
    const all = await command('pause');
    assert.match(all.stdout, /^Paused: .*\/0, .*\/1\n$/);
    const member = await joinAs(String(shared['kafka.consumer_group']), bootstrap, topics.requests);
    await until(async () => member.holds() === 1 && (await partitionsHeld()) === 1);
    await member.leave();
    await until(async () => (await partitionsHeld()) === 2);
    await send(10, 5, 1);
    // What is taken would be answered soon after it; a partition that is let go shows that the service works.
    const { json } = await command('resume', '--partition', '1', '--json');
    assert.deepEqual(json.paused, [{ topic: topics.requests, partition: 0 }]);
    assert.deepEqual(await partitionsAnswered(10), Array(10).fill(1));
  });

  await t.test('resumed: everything is answered once', async () => {
    const resumed = await command('resume');
    assert.equal(resumed.stdout, 'Nothing is paused.\n');
    assert.equal((await partitionsAnswered(15)).filter((partition) => partition === 0).length, 5);
    await until(isReady);
    service.kill('SIGTERM');
    assert.equal(await service.exited, 0, service.log());
    const { lost, doubled, outOfOrder } = await checkDelivery(bootstrap, topics);
    assert.deepEqual([lost, doubled, outOfOrder], [[], [], []]);
  });

  await t.test('a restart forgets it, and a service that is not there is named', async () => {
    const gone = await command('pause');
    assert.deepEqual([gone.code, /No service answers at http:\/\/127\.0\.0\.1/.test(gone.stderr)], [1, true]);
  });
});
