/** The commands that change the cluster, against a real Apache Kafka: what they do, and what they leave alone. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import Kafka from 'node-rdkafka';
import { commandWith, temporaryFile, workplace } from '../helpers/command.ts';
import { waitForDelivery } from '../helpers/delivery.ts';
import { noBroker, uniqueName } from '../helpers/kafka-broker.ts';
import { produceAll } from '../helpers/kafka-client.ts';
import { startService } from '../helpers/service-process.ts';

const TIMEOUT_MS = 30_000;

test('topics: shown, set as a whole or not at all, grown and never shrunk', { skip: noBroker }, async () => {
  const { topics, command, createAll } = await workplace();
  const none = await command('topics', 'show');
  assert.match(none.stderr, /None of them exists: "kubesentiment topics create"/);
  await createAll();
  const settingOf = async (name: string): Promise<string> => {
    const { json } = await command('topics', 'show', '--json');
    const found = json.topics.find(({ topic }: { topic: string }) => topic === topics.results);
    return found.settings[name];
  };
  const before = await settingOf('retention.ms');
  const set = (...args: string[]) => command('topics', 'set', topics.results, ...args);
  const dry = await set('retention.ms=12345', '--dry-run', '--json');
  assert.deepEqual(dry.json.changes, [{ name: 'retention.ms', from: before, to: '12345' }], dry.stderr);
  assert.equal(await settingOf('retention.ms'), before);
  const unasked = await set('retention.ms=12345');
  assert.equal(unasked.code, 2, unasked.stderr);
  assert.match(unasked.stderr, /would let brokers delete records.*no terminal to confirm it on/s);
  for (const how of ['--yes', '--dry-run']) {
    const wrong = await set('retention.ms=12345', 'max.message.bytes=lots', how);
    assert.equal(wrong.code, 2, wrong.stderr);
    assert.match(wrong.stderr, /does not take this setting or value.*max\.message\.bytes/s, how);
  }
  assert.equal(await settingOf('retention.ms'), before, 'all or none');
  const done = await set('retention.ms=12345', 'max.message.bytes=2000', '--yes');
  assert.match(done.stderr, /"event":"cluster_changed".*"action":"topics set".*"user":".+"/);
  assert.deepEqual(
    [await settingOf('retention.ms'), await settingOf('max.message.bytes')],
    ['12345', '2000'],
  );
  await set('retention.ms=', '--yes');
  assert.equal(await settingOf('retention.ms'), before);

  const other = await command('topics', 'set', 'other', 'retention.ms=1');
  assert.equal(other.code, 2);
  assert.match(other.stderr, /does not name the topic "other"\. It names /);
  assert.equal((await set('retention.ms')).code, 2, 'not name=value');

  const grown = await command('topics', 'grow', topics.requests, '--partitions', '5', '--json');
  assert.deepEqual(grown.json, { topic: topics.requests, from: 2, to: 5 }, grown.stderr);
  const shrunk = await command('topics', 'grow', topics.requests, '--partitions', '4');
  assert.deepEqual([shrunk.code, /has 5 partitions already/.test(shrunk.stderr)], [2, true], shrunk.stderr);
});

test('transactions: one at work is left alone; one that is named is ended, and its producer with it', {
  skip: noBroker,
}, async () => {
  const { bootstrap, topics, command, createAll } = await workplace();
  await createAll();
  const id = uniqueName('loader');
  const producer = new Kafka.Producer({
    'bootstrap.servers': bootstrap,
    log_level: 0,
    'transactional.id': id,
    'transaction.timeout.ms': 600_000,
  });
  producer.on('event.error', () => undefined);
  const call = (start: (done: (error?: unknown) => void) => unknown): Promise<void> =>
    new Promise((resolve, reject) => start((error) => (error ? reject(error) : resolve())));
  await call((done) => producer.connect({ timeout: TIMEOUT_MS }, done));
  try {
    await call((done) => producer.initTransactions(TIMEOUT_MS, done));
    await call((done) => producer.beginTransaction(done));
    // Records can be far older than the transaction that writes them.
    producer.produce(topics.requests, 1, Buffer.from('{"text":"a"}'), null, Date.now() - 3_600_000);
    await call((done) => producer.flush(TIMEOUT_MS, done));
    const { json } = await command('transactions', 'list', '--json');
    const [found] = json.transactions;
    assert.deepEqual(
      [found.topic, found.partition, found.offset, found.records, found.transactionalId, found.state],
      [topics.requests, 1, 0, 1, id, 'Ongoing'],
    );
    assert.ok(found.seconds < 600, 'as long as the transaction may be open, not as old as its record');
    const old = await command('transactions', 'abort', '--dry-run', '--json');
    assert.ok(
      old.json.transactions.every(({ seconds }: { seconds: number }) => seconds >= 10),
      old.stdout,
    );
    if (old.json.transactions.length === 0) assert.match(old.stderr, /None has been open for 10 s/);
    const named = ['--topic', topics.requests, '--partition', '1'];
    const dry = await command('transactions', 'abort', ...named, '--dry-run', '--json');
    assert.deepEqual([dry.json.transactions.length, dry.json.ended], [1, 0], dry.stderr);
    const unasked = await command('transactions', 'abort', ...named);
    assert.deepEqual([unasked.code, /no terminal to confirm it on/.test(unasked.stderr)], [2, true]);
    const ended = await command('transactions', 'abort', ...named, '--yes', '--json');
    assert.deepEqual([ended.code, ended.json.ended], [0, 1], ended.stderr);
    assert.match(ended.stderr, /"action":"transactions abort"/);
    assert.match((await command('transactions', 'list')).stdout, /No transaction is open/);
    await assert.rejects(
      call((done) => producer.commitTransaction(TIMEOUT_MS, done)),
      'it is fenced',
    );
  } finally {
    await call((done) => producer.disconnect(() => done()));
  }
});

test('rights: what the service needs is listed, and a cluster without rules needs none', {
  skip: noBroker,
}, async () => {
  const { topics, settings, createAll } = await workplace();
  await createAll();
  const command = commandWith({ ...settings, 'kafka.retry_topics': '10s' });
  const { json } = await command('rights', 'show', '--json');
  const group = settings['kafka.consumer_group'];
  const texts = json.rights.map((right: Record<string, string>) => Object.values(right).join(' ')).sort();
  assert.deepEqual(
    texts,
    [
      `topic ${topics.requests} exactly read`,
      `topic ${topics.requests}-retry-10s exactly read`,
      `topic ${topics.results} exactly write`,
      `topic ${topics.requests}-retry-10s exactly write`,
      `topic ${topics.deadLetters} exactly read`,
      `topic ${topics.deadLetters} exactly write`,
      `group ${group} exactly read`,
      `group ${group}-watchdog exactly read`,
      `group ${group}-replay- names that begin with read`,
      `transactional-id ${group}- names that begin with write`,
    ].sort(),
  );
  const grant = await command('rights', 'grant', '--to', 'User:a');
  assert.deepEqual([grant.code, /no authorizer, so every user has all rights/.test(grant.stderr)], [1, true]);
  assert.equal((await command('rights', 'grant', '--to', 'alice')).code, 2);
  const scram = { 'kafka.security_protocol': 'SASL_SSL', 'kafka.sasl_mechanism': 'SCRAM-SHA-256' };
  const login = { 'kafka.sasl_plain_username': 'u', 'kafka.sasl_plain_password': 'p' };
  const other = await commandWith({ ...settings, ...scram, ...login })('rights', 'grant', '--to', 'User:a');
  assert.match(other.stderr, /cannot log in by SCRAM-SHA-256/);
});

test('offsets: a copy is put back, and one of another cluster is refused', { skip: noBroker }, async (t) => {
  const { bootstrap, topics, settings, command, createAll } = await workplace();
  await createAll();
  const send = (count: number) =>
    produceAll(
      bootstrap,
      topics.requests,
      Array.from({ length: count }, (_, i) => ({ value: '{"text":"A fine day."}', partition: i % 2 })),
    );
  await send(6);
  const service = startService(settings);
  await waitForDelivery(bootstrap, topics, 6);
  service.kill('SIGTERM');
  assert.equal(await service.exited, 0, service.log());
  const copy = temporaryFile(t, 'offsets.json', (await command('offsets', 'show', '--json')).stdout);
  await send(4);
  assert.equal((await command('offsets', 'reset', '--to', 'latest', '--yes')).code, 0);
  const back = await command('offsets', 'reset', '--to', `file:${copy}`, '--yes', '--json');
  assert.deepEqual(
    back.json.moves.map(({ from, to, repeated }: Record<string, number>) => [from, to, repeated]),
    [
      [5, 3, 2],
      [5, 3, 2],
    ],
    back.stderr,
  );
  const other = temporaryFile(t, 'other.csv', `${topics.requests},0,99\n`);
  const refused = await command('offsets', 'reset', '--to', `file:${other}`, '--yes');
  assert.deepEqual([refused.code, /ends at 5, and the copy says 99/.test(refused.stderr)], [2, true]);
  assert.equal((await command('offsets', 'reset', '--to', 'file:/no/such', '--yes')).code, 2);
});
