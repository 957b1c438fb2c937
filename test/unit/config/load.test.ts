// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { configKeys } from '../../../src/config/schema.ts';
import { loadYaml, withFile } from './support.ts';

test('without a file, every key has its default and says so', () => {
  const { config, origins, warnings } = loadConfig();
  assert.equal(config.kafka.batch_size, 200);
  assert.deepEqual(config.kafka.topic, ['sentiment_requests']);
  assert.equal(config.kafka.group_instance_id, undefined);
  assert.equal(config.kafka.buffer_bytes, 268_435_456);
  assert.equal(config.model.tokens_per_batch, 512);
  assert.ok(config.model.max_threads >= 1);
  assert.deepEqual([...origins.keys()], [...configKeys.keys()]);
  assert.deepEqual(new Set(origins.values()), new Set(['default']));
  assert.deepEqual(warnings, []);
});

test('the command line wins over the environment, that over the file, that over the default', () => {
  const yaml = 'kafka:\n  batch_size: 1\n  max_retries: 1\n  consumer_threads: 1\n';
  const env = { KAFKA_BATCH_SIZE: '2', KAFKA_MAX_RETRIES: '2' };
  withFile(yaml, (file) => {
    const { config, origins } = loadConfig({ file, env, overrides: { 'kafka.batch_size': 3 } });
    assert.equal(config.kafka.batch_size, 3);
    assert.equal(config.kafka.max_retries, 2);
    assert.equal(config.kafka.consumer_threads, 1);
    assert.equal(origins.get('kafka.batch_size'), 'command line');
    assert.equal(origins.get('kafka.max_retries'), 'env KAFKA_MAX_RETRIES');
    assert.equal(origins.get('kafka.consumer_threads'), `${file}:4:21`);
    assert.equal(origins.get('kafka.buffer_size'), 'default');
  });
});

test('a program gives the sections as an object: above a file, below the environment', () => {
  const yaml = 'kafka:\n  batch_size: 1\n  max_retries: 1\n  consumer_threads: 1\n';
  const settings = { kafka: { batch_size: 2, max_retries: 2, topic: 'a, b' } };
  withFile(yaml, (file) => {
    const { config, origins } = loadConfig({ file, settings, env: { KAFKA_BATCH_SIZE: '3' } });
    assert.equal(config.kafka.batch_size, 3);
    assert.equal(config.kafka.max_retries, 2);
    assert.equal(config.kafka.consumer_threads, 1);
    assert.deepEqual(config.kafka.topic, ['a', 'b']);
    assert.equal(origins.get('kafka.max_retries'), 'settings');
  });
  const { config } = loadConfig({
    settings: { kafka: { batch_size: undefined, consumer_group: '${HOME}' } },
    env: { HOME: '/root' },
  });
  assert.equal(config.kafka.batch_size, 200);
  assert.equal(config.kafka.consumer_group, '${HOME}', 'the text of a program is meant as it stands');
});

test('a value that loses is not checked, a key that does not exist always is', () => {
  const { config } = loadYaml('kafka:\n  batch_size: many\n', { env: { KAFKA_BATCH_SIZE: '7' } });
  assert.equal(config.kafka.batch_size, 7);
});

test('the configuration is frozen through and through', () => {
  const { config } = loadConfig();
  assert.throws(() => Object.assign(config.kafka, { batch_size: 1 }), TypeError);
  assert.throws(() => (config.kafka.topic as string[]).push('x'), TypeError);
  assert.throws(() => Object.assign(config, { kafka: {} }), TypeError);
});

test('every section has environment names, with and without MLOPS_', () => {
  const env = { MODEL_PATH: 'a', MLOPS_HTTP_PORT: '1', LOGGING_LEVEL: 'debug', MLOPS_KAFKA_TOPIC: 'b' };
  const { config } = loadConfig({ env });
  assert.equal(config.model.path, 'a');
  assert.equal(config.http.port, 1);
  assert.equal(config.logging.level, 'debug');
  assert.deepEqual(config.kafka.topic, ['b']);
});

test('the MLOPS_ name is the surer one and wins, with a warning when the two differ', () => {
  const { config, warnings } = loadConfig({ env: { KAFKA_TOPIC: 'a', MLOPS_KAFKA_TOPIC: 'b' } });
  assert.deepEqual(config.kafka.topic, ['b']);
  assert.match(warnings.join(), /MLOPS_KAFKA_TOPIC and KAFKA_TOPIC are both set/);
  assert.deepEqual(loadConfig({ env: { KAFKA_TOPIC: 'a', MLOPS_KAFKA_TOPIC: 'a' } }).warnings, []);
});

test('variables of other programs are left alone, slips of the pen are a warning', () => {
  const env = { KAFKA_HOME: '/opt/kafka', KAFKA_HEAP_OPTS: '-Xmx1g', PATH: '/bin', KAFKA_TOPIC: '' };
  assert.deepEqual(loadConfig({ env }).warnings, []);
  const { warnings } = loadConfig({ env: { KAFKA_BATCH_SIZ: '1', MLOPS_KAFKA_FEEDBACK_TOPIC: 'x' } });
  assert.match(warnings[0] as string, /KAFKA_BATCH_SIZ is unknown; did you mean KAFKA_BATCH_SIZE\?/);
  assert.match(warnings[1] as string, /MLOPS_KAFKA_FEEDBACK_TOPIC is unknown/);
});

test('lists come as YAML, as JSON and as text with commas, from every source', () => {
  for (const text of ['["a:1","b:2"]', 'a:1, b:2', 'a:1,b:2']) {
    const fromEnv = loadConfig({ env: { KAFKA_BOOTSTRAP_SERVERS: text } });
    assert.deepEqual(fromEnv.config.kafka.bootstrap_servers, ['a:1', 'b:2']);
    const fromFile = loadYaml(`kafka:\n  bootstrap_servers: '${text}'\n`);
    assert.deepEqual(fromFile.config.kafka.bootstrap_servers, ['a:1', 'b:2']);
    const fromCommandLine = loadConfig({ overrides: { 'kafka.bootstrap_servers': text } });
    assert.deepEqual(fromCommandLine.config.kafka.bootstrap_servers, ['a:1', 'b:2']);
  }
  const block = loadYaml('kafka:\n  topic:\n    - a\n    - b\n');
  assert.deepEqual(block.config.kafka.topic, ['a', 'b']);
});

test('sizes, switches, maps and other spellings are read from text', () => {
  const env = {
    KAFKA_BUFFER_BYTES: '64 MiB',
    KAFKA_PRODUCER_ACKS: '-1',
    KAFKA_ENABLED: 'No',
    KAFKA_DLQ_STOP_RATIO: '.25',
    KAFKA_PARTITION_ASSIGNMENT_STRATEGY: 'sticky',
    KAFKA_LIBRDKAFKA: '{"client.rack":"r1"}',
  };
  const { kafka } = loadConfig({ env }).config;
  assert.equal(kafka.buffer_bytes, 67_108_864);
  assert.equal(kafka.producer_acks, 'all');
  assert.equal(kafka.enabled, false);
  assert.equal(kafka.dlq_stop_ratio, 0.25);
  assert.equal(kafka.partition_assignment_strategy, 'cooperative-sticky');
  assert.deepEqual(kafka.librdkafka, { 'client.rack': 'r1' });
  const file = loadYaml('kafka: {delivery: at_least_once, producer_acks: 1, max_message_bytes: 2 KiB}');
  assert.equal(file.config.kafka.producer_acks, '1');
  assert.equal(file.config.kafka.max_message_bytes, 2048);
});

test('$NAME, ${NAME} and ${file:PATH} are filled in, $$ is a dollar sign', () => {
  const yaml = [
    'kafka:',
    '  consumer_group: "$TEAM-${STAGE}-$$HOME-$5"',
    '  batch_size: $ROWS',
    '  topic: [a, $TOPIC]',
    'http:',
    '  token: ${file:token.txt}',
  ].join('\n');
  withFile(yaml, (file) => {
    writeFileSync(join(dirname(file), 'token.txt'), 'a-token-of-some-length\n');
    const env = { TEAM: 'red', STAGE: 'test', ROWS: '17', TOPIC: 'b' };
    const { config } = loadConfig({ file, env });
    assert.equal(config.kafka.consumer_group, 'red-test-$HOME-$5');
    assert.equal(config.kafka.batch_size, 17);
    assert.deepEqual(config.kafka.topic, ['a', 'b']);
    assert.equal(config.http.token, 'a-token-of-some-length');
  });
});

test('an empty file, empty sections and empty optional keys mean the defaults', () => {
  for (const yaml of [
    '',
    '# nothing\n',
    'kafka:\n',
    'kafka:\n  group_instance_id:\n',
    '\uFEFFkafka: {}\r\n',
  ]) {
    assert.deepEqual(loadYaml(yaml).config, loadConfig().config, JSON.stringify(yaml));
  }
});

test('anchors and aliases work', () => {
  const { config } = loadYaml('kafka:\n  consumer_group: &name abc\n  transactional_id: *name\n');
  assert.equal(config.kafka.transactional_id, 'abc');
});
