import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import {
  commonProperties,
  consumerProperties,
  consumerTopicProperties,
  producerProperties,
  producerTopicProperties,
  transactionTimeoutMs,
} from '../../../src/config/librdkafka.ts';
import { propertyScopes } from '../../../src/config/librdkafka-names.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { failureOf, loadYaml } from './support.ts';
import { root } from '../../helpers/paths.ts';

const fromYaml = (yaml: string) => loadYaml(yaml).config;
const defaults = loadConfig().config;

test('consumers never commit on their own and see only committed requests', () => {
  const properties = consumerProperties(defaults, 0);
  assert.equal(properties['enable.auto.commit'], false);
  assert.equal(properties['enable.auto.offset.store'], false);
  assert.equal(properties['isolation.level'], 'read_committed');
  assert.equal(properties['partition.assignment.strategy'], 'cooperative-sticky');
  assert.equal(properties['group.id'], 'kubesentiment_consumer');
  assert.equal(properties['fetch.wait.max.ms'], 20);
  // Where a group without offsets starts is decided before librdkafka is asked.
  assert.equal(consumerTopicProperties(defaults)['auto.offset.reset'], 'earliest');
});

test('auto commit still commits only what was processed', () => {
  const config = fromYaml('kafka: {delivery: at_least_once, enable_auto_commit: true}');
  assert.equal(consumerProperties(config, 0)['enable.auto.commit'], true);
  assert.equal(consumerProperties(config, 0)['enable.auto.offset.store'], false);
});

test('what is deleted unread is passed over by librdkafka, whatever decides on a first start', () => {
  const none = fromYaml('kafka: {auto_offset_reset: none}');
  assert.equal(consumerTopicProperties(none)['auto.offset.reset'], 'earliest');
});

test('each consumer of the process is its own static member', () => {
  const config = fromYaml('kafka: {group_instance_id: pod-3}');
  assert.equal(consumerProperties(config, 0)['group.instance.id'], 'pod-3-0');
  assert.equal(consumerProperties(config, 7)['group.instance.id'], 'pod-3-7');
  assert.ok(!('group.instance.id' in consumerProperties(defaults, 0)));
});

test('exactly_once is a transactional producer whose transaction ends before the session', () => {
  const properties = producerProperties(defaults);
  assert.equal(properties['enable.idempotence'], true);
  assert.equal(producerTopicProperties(defaults)['request.required.acks'], -1);
  assert.match(properties['transactional.id'] as string, /^kubesentiment_consumer-/);
  assert.notEqual(properties['transactional.id'], producerProperties(defaults)['transactional.id']);
  for (const session_timeout_ms of [2000, 6000, 30_000, 3_600_000]) {
    assert.ok(transactionTimeoutMs({ session_timeout_ms }) < session_timeout_ms);
    assert.ok(transactionTimeoutMs({ session_timeout_ms }) >= 1000, 'librdkafka takes no less');
  }
  const stable = fromYaml('kafka: {transactional_id: pod-3}');
  assert.equal(producerProperties(stable)['transactional.id'], 'pod-3');
});

test('at_least_once has no transaction and is idempotent where that is allowed', () => {
  const idempotence = (more: string) => {
    const properties = producerProperties(fromYaml(`kafka: {delivery: at_least_once${more}}`));
    assert.ok(!('transactional.id' in properties));
    return properties['enable.idempotence'];
  };
  assert.equal(idempotence(''), true);
  assert.equal(idempotence(', producer_acks: 1'), false);
  assert.equal(idempotence(', producer_retries: 0'), false);
});

test('prefetch of all consumers stays within the budget of the process', () => {
  const small = fromYaml('kafka: {consumer_threads: 4, buffer_size: 8000, buffer_bytes: 64 MiB}');
  assert.equal(consumerProperties(small, 0)['queued.min.messages'], 2000);
  assert.equal(consumerProperties(small, 0)['queued.max.messages.kbytes'], 16 * 1024);
});

test('security keys become those of librdkafka', () => {
  const config = fromYaml(`
kafka:
  security_protocol: SASL_SSL
  ssl_cafile: /ca.pem
  ssl_certfile: /cert.pem
  ssl_keyfile: /key.pem
  ssl_password: secret
  ssl_check_hostname: false
  sasl_mechanism: SCRAM-SHA-512
  sasl_plain_username: me
  sasl_plain_password: word
`);
  const { 'metadata.broker.list': brokers, ...properties } = commonProperties(config);
  assert.equal(brokers, 'localhost:9092');
  assert.deepEqual(properties, {
    'client.id': 'kubesentiment',
    'socket.keepalive.enable': true,
    'allow.auto.create.topics': false,
    'security.protocol': 'sasl_ssl',
    'ssl.ca.location': '/ca.pem',
    'ssl.certificate.location': '/cert.pem',
    'ssl.key.location': '/key.pem',
    'ssl.key.password': 'secret',
    'ssl.endpoint.identification.algorithm': 'none',
    'sasl.mechanisms': 'SCRAM-SHA-512',
    'sasl.username': 'me',
    'sasl.password': 'word',
  });
});

test('the embedded broker has no address yet', () => {
  assert.ok(!('metadata.broker.list' in commonProperties(fromYaml('kafka: {bootstrap_servers: embedded}'))));
});

test('the passthrough reaches the clients it is for, last', () => {
  const config = fromYaml(`
kafka:
  librdkafka:
    client.rack: r1
    fetch.queue.backoff.ms: 3
    batch.num.messages: 7
    message.timeout.ms: 5000
    client.id: mine
`);
  const consumer = consumerProperties(config, 0);
  const producer = producerProperties(config);
  assert.deepEqual([consumer['client.rack'], producer['client.rack']], ['r1', 'r1']);
  assert.deepEqual([consumer['client.id'], producer['client.id']], ['mine', 'mine']);
  assert.deepEqual([consumer['fetch.queue.backoff.ms'], producer['fetch.queue.backoff.ms']], [3, undefined]);
  assert.deepEqual([consumer['batch.num.messages'], producer['batch.num.messages']], [undefined, 7]);
  assert.equal(producerTopicProperties(config)['message.timeout.ms'], 5000);
  assert.equal(producer['message.timeout.ms'], undefined);
});

test('consumers with a pattern do not see what is written, and what the passthrough hides besides', () => {
  const config = fromYaml(`
kafka:
  topic: ["^tickets"]
  auto_offset_reset: earliest
  results_topic: results.v1
  dlq_topic: dead
  librdkafka: {topic.blacklist: "^old"}
result: {routes: {BAD: alerts}}
`);
  const hidden = '^results\\.v1$,^alerts$,^dead$,^__consumer_offsets$,^__transaction_state$,^old';
  assert.equal(consumerProperties(config, 0)['topic.blacklist'], hidden);
  assert.equal(consumerProperties(defaults, 0)['topic.blacklist'], undefined);
});

test('the passthrough refuses what would break a promise, and names why, at its place', () => {
  const yaml = `
kafka:
  librdkafka:
    enable.auto.commit: true
    isolation.level: read_uncommitted
    transactional.id: x
    enable.auto.offset.store: true
    fetch.queue.backof.ms: 3
    transaction.timeout.ms: 30000
    enable.ssl.certificate.verification: false
    test.mock.num.brokers: 1
    toString: 1
    sasl.oauthbearer.extensions: logicalCluster=lkc-1
`;
  const { problems } = failureOf(yaml);
  assert.deepEqual(
    problems.map(({ line, message, suggestion }) => [line, message.split(/[:,]/)[0], suggestion]),
    [
      [4, 'enable.auto.commit has its own key', undefined],
      [5, 'isolation.level cannot be set', undefined],
      [6, 'transactional.id has its own key', undefined],
      [7, 'enable.auto.offset.store cannot be set', undefined],
      [8, 'librdkafka has no property "fetch.queue.backof.ms"', 'fetch.queue.backoff.ms'],
      [9, 'transaction.timeout.ms must be a number below session_timeout_ms (30000)', undefined],
      [
        10,
        'enable.ssl.certificate.verification disables a security check; that requires allow_insecure',
        undefined,
      ],
      [11, 'test.mock.num.brokers', undefined],
      [12, 'librdkafka has no property "toString"', undefined],
      [13, 'sasl.oauthbearer.extensions cannot be set', undefined],
    ],
  );
});

test('every property we set, and every name we know, is one of the installed librdkafka', () => {
  const page = join(root, 'node_modules/node-rdkafka/deps/librdkafka/CONFIGURATION.md');
  const installed = new Map<string, string>();
  for (const [, name, client] of readFileSync(page, 'utf8').matchAll(/^([a-z][\w.]*) +\| +([*CP]) +\|/gm)) {
    if (!installed.has(name as string)) installed.set(name as string, client as string);
  }
  for (const [name, scope] of propertyScopes) {
    const client = scope === 'common' ? '*' : scope.startsWith('consumer') ? 'C' : 'P';
    assert.equal(installed.get(name), client, name);
  }
  const consumer = { ...consumerProperties(defaults, 0), ...consumerTopicProperties(defaults) };
  const producer = { ...producerProperties(defaults), ...producerTopicProperties(defaults) };
  for (const name of Object.keys(consumer)) assert.match(installed.get(name) ?? '', /[*C]/, name);
  for (const name of Object.keys(producer)) assert.match(installed.get(name) ?? '', /[*P]/, name);
});

test('with the protocol of KIP-848 nothing is sent that the broker decides', () => {
  const { config } = loadConfig({ overrides: { 'kafka.group_protocol': 'consumer' } });
  const properties = consumerProperties(config, 0);
  assert.equal(properties['group.protocol'], 'consumer');
  for (const name of ['session.timeout.ms', 'heartbeat.interval.ms', 'partition.assignment.strategy'])
    assert.ok(!Object.hasOwn(properties, name), name);
  const classic = consumerProperties(loadConfig({}).config, 0);
  assert.ok(!Object.hasOwn(classic, 'group.protocol'));
  assert.equal(classic['session.timeout.ms'], 30_000);
});
