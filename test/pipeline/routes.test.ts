/** Results that go to a topic by their label: each request still comes out once, whatever fails. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Random } from '../../src/corpus/random.ts';
import type { OutgoingRecord } from '../../src/types.ts';
import { headerOf } from './audit.ts';
import { answeredOrBroken, createBroker, Member, sendRequests, textOf, topics, until } from './rig.ts';

const alerts = 'alerts';
const settings = { 'result.routes': { NEGATIVE: alerts } };

function routedBroker(exactlyOnce = true) {
  const broker = createBroker(3, exactlyOnce);
  broker.createTopic(alerts, 2);
  return broker;
}

const labelOf = ({ value }: OutgoingRecord): string => (JSON.parse(String(value)) as { label: string }).label;

for (const delivery of ['exactly_once', 'at_least_once'] as const) {
  test(`${delivery}: the results of a label are in its topic, all others in the results topic`, async () => {
    const random = new Random(7);
    const broker = routedBroker(delivery === 'exactly_once');
    sendRequests(broker, 300);
    const member = new Member(broker, {
      settings: { ...settings, 'kafka.delivery': delivery },
      faults: (call) =>
        ['sendOffsets', 'commit', 'flush'].includes(call) && random.chance(0.1) ? 'abort' : 'none',
    }).start();
    const faults = await answeredOrBroken(broker, 300, [member]);
    await member.stop();
    assert.deepEqual([...faults, ...member.fatal, ...broker.audit.violations], []);
    assert.deepEqual([...new Set(broker.all(alerts).map(labelOf))], ['NEGATIVE']);
    assert.deepEqual([...new Set(broker.all(topics.results).map(labelOf))], ['POSITIVE']);
    if (delivery === 'exactly_once')
      assert.equal(broker.all(alerts).length + broker.all(topics.results).length, 300);
  });
}

test('what the topic of a route refuses becomes a dead letter, and holds up nothing else', async () => {
  const broker = routedBroker();
  const key = Buffer.alloc(20_000, 'k');
  for (let i = 0; i < 60; i++) {
    const value = Buffer.from(JSON.stringify({ text: textOf(i) }));
    broker.request(topics.requests, { partition: i % 3, value, ...(i % 20 === 0 && { key }) });
  }
  const isLarge = (record: OutgoingRecord) => record.key?.length === key.length;
  const refuses = (record: OutgoingRecord) =>
    record.topic === alerts && isLarge(record) ? ('broker' as const) : undefined;
  const member = new Member(broker, { settings, refuses }).start();
  await until('all is done', () => broker.audit.answered === 60);
  await member.stop();
  assert.deepEqual([...member.fatal, ...broker.audit.violations], []);
  const letters = broker.all(topics.deadLetters);
  for (const { headers } of letters) assert.equal(headerOf(headers, 'x-error-type'), 'produce_failed');
  assert.equal(letters.length + broker.all(topics.results).filter(isLarge).length, 3);
  assert.ok(letters.length > 0);
});
