/** The production checklist, against the settings of a real broker. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { commandWith, type Outcome, workplace } from '../helpers/command.ts';
import { noBroker, sharedBroker } from '../helpers/kafka-broker.ts';

interface Finding {
  readonly name: string;
  readonly status: string;
  readonly detail: string;
  readonly remedy?: string;
}

function findings({ json }: Outcome): Map<string, Finding> {
  const checks = json.checks as Finding[];
  assert.equal(
    new Set(checks.map(({ name }) => name)).size,
    checks.length,
    'each check has a name of its own',
  );
  return new Map(checks.map((finding) => [finding.name, finding]));
}

test('doctor --production reads the settings of topics and broker, and says what to do', {
  skip: noBroker,
}, async () => {
  const { createTopic } = await sharedBroker();
  const { topics, settings, command } = await workplace();
  await createTopic(topics.requests, 2, { 'retention.ms': '3600000', 'min.insync.replicas': '1' });
  await createTopic(topics.results, 2, { 'cleanup.policy': 'compact' });
  await createTopic(topics.deadLetters, 1, { 'retention.ms': '60000' });

  const outcome = await command('doctor', '--production', '--json');
  assert.equal(outcome.code, 1, 'one broker is not fit for production');
  const found = findings(outcome);
  const of = (name: string): string => `${found.get(name)?.status} ${found.get(name)?.detail}`;
  assert.match(of('replicas'), /^failed fewer than 3 replicas: /);
  assert.match(of('durability'), new RegExp(`^failed min\\.insync\\.replicas below 2: .*${topics.requests}`));
  assert.match(
    of('retention'),
    new RegExp(`^failed requests are deleted unread within 1 h: ${topics.requests}`),
  );
  assert.match(of('compaction'), new RegExp(`^failed compacted: ${topics.results}$`));
  assert.match(of('record sizes'), /^warn /);
  assert.match(of('broker settings'), /^ok offsets are kept for 168 h/);
  assert.match(of('delivery'), /^ok /);
  for (const { name, status, remedy } of found.values()) {
    assert.equal(status === 'ok' || status === 'skipped', remedy === undefined, name);
  }

  const plain = await command('doctor', '--json');
  assert.ok(!findings(plain).has('replicas'), 'only on request');

  const embedded = { ...settings, 'kafka.bootstrap_servers': 'embedded' };
  assert.equal(
    findings(await commandWith(embedded)('doctor', '--production', '--json')).get('broker')?.status,
    'failed',
  );
});
