/** A user who may not see whose transaction is open: that is said, and the transaction is left alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Kafka from 'node-rdkafka';
import { commandWith } from '../helpers/command.ts';
import { withRules, noBroker, startBroker } from '../helpers/kafka-broker.ts';
import { allowAll, allowOnly } from '../helpers/kafka-wire.ts';
import { topicSettings } from '../helpers/topics.ts';

const TIMEOUT_MS = 30_000;
const topics = { requests: 'requests', results: 'results', deadLetters: 'dead-letters' };

test('without Describe on transactional ids nobody is said not to know a transaction', {
  skip: noBroker,
}, async (t) => {
  const broker = await startBroker({ properties: withRules });
  t.after(() => broker.kill());
  const bootstrap = broker.bootstrapServers;
  for (const topic of Object.values(topics)) await broker.createTopic(topic, 1);
  const producer = new Kafka.Producer({
    'bootstrap.servers': bootstrap,
    log_level: 0,
    'transactional.id': 'loader',
    'transaction.timeout.ms': 600_000,
  });
  producer.on('event.error', () => undefined);
  const call = (start: (done: (error?: unknown) => void) => unknown): Promise<void> =>
    new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
  await call((done) => producer.connect({ timeout: TIMEOUT_MS }, done));
  t.after(() => call((done) => producer.disconnect(() => done())));
  await call((done) => producer.initTransactions(TIMEOUT_MS, done));
  await call((done) => producer.beginTransaction(done));
  producer.produce(topics.requests, 0, Buffer.from('{"text":"a"}'), null, Date.now());
  await call((done) => producer.flush(TIMEOUT_MS, done));

  const command = commandWith({ 'kafka.bootstrap_servers': bootstrap, ...topicSettings(topics) });
  // Any rule takes all other rights away, and this one implies no other.
  await allowOnly(bootstrap, { resource: 'transactional-id', name: '*', operation: 'create' });
  const list = await command('transactions', 'list');
  assert.match(list.stdout, /producer \d+, whose transactional id the user may not see/, list.stderr);
  const named = ['--topic', topics.requests, '--partition', '0', '--yes'];
  const refused = await command('transactions', 'abort', ...named);
  assert.equal(refused.code, 1, refused.stderr);
  assert.match(refused.stderr, /may not see whose transaction it is.*Describe on all transactional ids/s);
  await allowAll(bootstrap, 'transactional-id', '*');
  assert.match((await command('transactions', 'list')).stdout, /loader \(Ongoing\)/);
  await call((done) => producer.commitTransaction(TIMEOUT_MS, done)); // nobody has ended it
});
