/** A service whose user may not do what it needs: one sentence, a non-zero exit, nothing committed. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { noBroker, startBroker } from '../helpers/kafka-broker.ts';
import { committedOffsets, produceAll } from '../helpers/kafka-client.ts';
import { java, kafkaClassPath } from '../helpers/kafka-jars.ts';
import { startService } from '../helpers/service-process.ts';

const topics = { requests: 'requests', results: 'results', deadLetters: 'dead-letters' };

test('missing rights end the service with a sentence', { skip: noBroker }, async (t) => {
  const broker = await startBroker({
    properties: {
      'authorizer.class.name': 'org.apache.kafka.metadata.authorizer.StandardAuthorizer',
      // Everything is allowed on what no rule names.
      'allow.everyone.if.no.acl.found': 'true',
    },
  });
  t.after(() => broker.kill());
  const bootstrap = broker.bootstrapServers;
  for (const topic of Object.values(topics)) await broker.createTopic(topic, 1);
  await produceAll(bootstrap, topics.requests, [{ value: '{"text":"fine"}' }]);

  const allowOnly = (operation: string, ...resource: string[]): void => {
    const rule = ['--add', '--allow-principal', 'User:ANONYMOUS', '--operation', operation, ...resource];
    const tool = [
      '-cp',
      kafkaClassPath(),
      'org.apache.kafka.tools.AclCommand',
      '--bootstrap-server',
      bootstrap,
    ];
    const { status, stderr } = spawnSync(java, [...tool, ...rule], { encoding: 'utf8' });
    assert.equal(status, 0, stderr);
  };
  const runWith = async (settings: Record<string, string | boolean>): Promise<void> => {
    const service = startService({
      'kafka.bootstrap_servers': bootstrap,
      'kafka.topic': topics.requests,
      'kafka.results_topic': topics.results,
      'kafka.dlq_topic': topics.deadLetters,
      'kafka.consumer_threads': 1,
      ...settings,
    });
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
      if (delivery === 'exactly_once') allowOnly('Describe', '--group', 'closed');
      await runWith({ 'kafka.consumer_group': 'closed', 'kafka.delivery': delivery });
    });
  }
  await t.test('no right to use the transactional id', async () => {
    allowOnly('Describe', '--transactional-id', 'closed');
    await runWith({ 'kafka.consumer_group': 'b', 'kafka.transactional_id': 'closed' });
  });
  allowOnly('Describe', '--topic', topics.results);
  for (const delivery of ['exactly_once', 'at_least_once']) {
    await t.test(`no right to write results, ${delivery}`, async () => {
      const group = `group-${delivery}`;
      await runWith({ 'kafka.consumer_group': group, 'kafka.delivery': delivery });
      const [committed] = await committedOffsets(bootstrap, group, topics.requests);
      assert.equal(committed?.offset, undefined);
    });
  }
  await t.test('no right to read requests', async () => {
    allowOnly('Write', '--topic', topics.requests);
    await runWith({ 'kafka.consumer_group': 'c' });
  });
});
