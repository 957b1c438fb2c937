/** `doctor` and the other commands where the broker refuses something. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { test } from 'node:test';
import { withRules, noBroker, startBroker } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { allowOnly } from '../helpers/kafka-wire.ts';
import { root } from '../helpers/paths.ts';
import { topicSettings } from '../helpers/topics.ts';

const topics = { requests: 'requests', results: 'results', deadLetters: 'dead-letters' };

interface Finding {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
}

test('doctor tells which right is missing', { skip: noBroker }, async (t) => {
  const broker = await startBroker({ properties: withRules });
  t.after(() => broker.stop());
  for (const topic of Object.values(topics)) await broker.createTopic(topic, 1);

  const command = (...args: string[]) => {
    const settings = {
      'kafka.bootstrap_servers': broker.bootstrapServers,
      ...topicSettings(topics),
      'kafka.consumer_threads': 1,
      'model.path': 'models/accurate',
    };
    const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    return spawnSync(process.execPath, [join(root, 'bin/kubesentiment.cjs'), ...args, ...set], {
      cwd: root,
      encoding: 'utf8',
      timeout: 120_000,
      input: '',
    });
  };
  const doctor = (): Map<string, Finding> => {
    const { checks } = JSON.parse(command('doctor', '--json').stdout) as { checks: Finding[] };
    return new Map(checks.map((finding) => [finding.name, finding]));
  };
  /** The authorizer knows of it when this resolves. */
  const mayOnlyDescribe = (name: string): Promise<void> =>
    allowOnly(broker.bootstrapServers, { resource: 'topic', name, operation: 'describe' });

  for (const finding of doctor().values()) assert.notEqual(finding.status, 'failed', finding.name);

  await produceAll(broker.bootstrapServers, topics.deadLetters, [
    {
      value: 'x',
      headers: [
        { 'x-error-type': 'internal' },
        { 'kafka_dlt-original-topic': topics.requests },
        { 'kafka_dlt-original-partition': '0' },
        { 'kafka_dlt-original-offset': '0' },
      ],
    },
  ]);
  await mayOnlyDescribe(topics.results);
  const noWrite = doctor();
  assert.equal(noWrite.get('write rights')?.status, 'failed');
  assert.match(noWrite.get('write rights')?.detail ?? '', /[Aa]uthorization failed/);
  assert.equal(noWrite.get('read rights')?.status, 'ok');

  await mayOnlyDescribe(topics.requests);
  const noRead = doctor();
  assert.equal(noRead.get('read rights')?.status, 'failed');
  assert.match(noRead.get('read rights')?.detail ?? '', /[Aa]uthorization failed/);

  const replay = command('dlq', 'replay');
  assert.equal(replay.status, 1);
  assert.match(replay.stderr, /[Aa]uthorization failed.*Give the user rights/s);
  assert.equal(command('dlq', 'replay', '--dry-run').status, 0);
});
