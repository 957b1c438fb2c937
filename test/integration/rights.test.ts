/**
 * A service whose user may not do what it needs: one sentence, a non-zero exit, nothing committed. Where it may only
 * not write results, it waits for the right (see unwritable.test.ts).
 */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { startFaulty } from '../helpers/faulty-service.ts';
import { withRules, noBroker, startBroker } from '../helpers/kafka-broker.ts';
import { committedOffsets, produceAll } from '../helpers/kafka-client.ts';
import { type AccessRule, allowAll, allowOnly } from '../helpers/kafka-wire.ts';
import { startService } from '../helpers/service-process.ts';
import { SPINNING_TEXT } from '../helpers/stand-still.ts';
import { topicSettings } from '../helpers/topics.ts';

const REQUESTS = 2;
const topics = { requests: 'requests', results: 'results', deadLetters: 'dead-letters' };

test('missing rights end the service with a sentence', { skip: noBroker }, async (t) => {
  const broker = await startBroker({ properties: withRules });
  t.after(() => broker.kill());
  const bootstrap = broker.bootstrapServers;
  for (const topic of Object.values(topics)) await broker.createTopic(topic, 1);
  await produceAll(bootstrap, topics.requests, [{ value: '{"text":"fine"}' }, { value: 'not' }]);

  const allow = (operation: AccessRule['operation'], resource: AccessRule['resource'], name: string) =>
    allowOnly(bootstrap, { operation, resource, name });
  const start = (settings: Record<string, string | number | boolean>) =>
    startService({
      'kafka.bootstrap_servers': bootstrap,
      ...topicSettings(topics),
      'kafka.consumer_threads': 1,
      ...settings,
    });
  const runWith = async (settings: Record<string, string | boolean>): Promise<void> => {
    const service = start(settings);
    assert.equal(await service.exited, 1, service.log());
    const plain = service
      .log()
      .split('\n')
      .filter((line) => !line.startsWith('{'));
    assert.equal(plain.length, 1, service.log());
    assert.match(String(plain[0]), /[Aa]uthorization failed.*Give the user rights/);
  };

  for (const delivery of ['exactly_once', 'at_least_once']) {
    await t.test(`no right to join the group, ${delivery}`, async () => {
      if (delivery === 'exactly_once') await allow('describe', 'group', 'closed');
      await runWith({ 'kafka.consumer_group': 'closed', 'kafka.delivery': delivery });
    });
  }
  await t.test('no right to use the transactional id', async () => {
    await allow('describe', 'transactional-id', 'closed');
    await runWith({ 'kafka.consumer_group': 'b', 'kafka.transactional_id': 'closed' });
  });
  for (const delivery of ['exactly_once', 'at_least_once']) {
    for (const output of [topics.results, topics.deadLetters]) {
      await t.test(`no right to write ${output}, for a while, ${delivery}`, async () => {
        await allow('describe', 'topic', output);
        const group = `group-${delivery}-${output}`;
        const service = start({ 'kafka.consumer_group': group, 'kafka.delivery': delivery });
        // The first abort can have another reason: librdkafka may find out between two calls.
        const refused = /transaction_aborted.*KS_NOT_AUTHORIZED.*Give the user rights/;
        while (!refused.test(service.log())) await sleep(100);
        const next = async () => (await committedOffsets(bootstrap, group, topics.requests))[0]?.offset;
        assert.equal(await next(), 0, 'where it began');
        await allowAll(bootstrap, 'topic', output);
        while ((await next()) !== REQUESTS) await sleep(100);
        service.kill('SIGTERM');
        assert.equal(await service.exited, 0, service.log());
      });
    }
  }
  for (const right of ['none', 'describe'] as const) {
    await t.test(`no right to commit to the group of the watchdog, but ${right}`, async () => {
      const [group, blocking] = [`watched-${right}`, `blocking-${right}`];
      await broker.createTopic(blocking, 1);
      // Any rule takes all other rights away. Nobody creates groups, and this right implies no other.
      await allow(right === 'none' ? 'create' : right, 'group', `${group}-watchdog`);
      for (let run = 1; run <= 3; run++) {
        const service = startFaulty({
          'kafka.bootstrap_servers': bootstrap,
          ...topicSettings({ ...topics, requests: blocking }),
          'kafka.consumer_group': group,
          'kafka.consumer_threads': 1,
          'kafka.watchdog_timeout_ms': 2_000,
        });
        if (run === 1) {
          await service.waitFor(right === 'none' ? 'marks_refused' : 'partitions_assigned');
          await produceAll(bootstrap, blocking, [{ value: JSON.stringify({ text: SPINNING_TEXT }) }]);
        }
        assert.equal(await service.exited, 70, service.log());
        assert.match(service.log(), /"event":"stall_not_remembered".*[Aa]uthorization failed/);
        assert.ok(service.log().includes(`"in_hand":["${blocking}/0 0-0"]`), service.log());
      }
    });
  }
  await t.test('no right to read requests', async () => {
    await allow('write', 'topic', topics.requests);
    await runWith({ 'kafka.consumer_group': 'c' });
  });
});
