// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
/** Deployment, security and alerting of the original description, line by line: docs/deployment.md has the table. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse, parseAllDocuments } from 'yaml';
import { commonProperties } from '../../../src/config/librdkafka.ts';
import { decryptText, encryptText, Keyring } from '../../../src/index.ts';
import { root } from '../../helpers/paths.ts';
import { loadYaml } from '../config/support.ts';

/** Documents of others, whose shapes other checks know. */
// biome-ignore lint/suspicious/noExplicitAny: as deep and as open as their schemas.
type Document = any;

const read = (path: string): string => readFileSync(join(root, path), 'utf8');

test('the compose file has the services, the command and the port of the three commands', () => {
  const { services } = parse(read('docker-compose.kafka.yml'), { merge: true });
  const { command, profiles } = services['performance-test'];
  const [program, ...options] = command;
  assert.equal(program, 'bench');
  assert.deepEqual(options, [
    ...['--config', 'configs/kafka.yaml'],
    ...['--duration', '300'],
    ...['--target-tps', '5000'],
  ]);
  // Not part of `up`: it runs once, by `run`.
  assert.deepEqual(profiles, ['test']);
  const [port] = services.kubesentiment.ports;
  const [inner] = services.gateway.command;
  assert.equal(port, `127.0.0.1:8001:${inner}`);
});

test('the manifest is the Deployment of the description', () => {
  const documents = parseAllDocuments(read('deploy/manifests/deployment.yaml'));
  const objects: Document[] = documents.map((one) => one.toJS());
  const find = (kind: string): Document => objects.find((one) => one.kind === kind);
  const { apiVersion, metadata, spec } = find('Deployment');
  assert.deepEqual([apiVersion, metadata.name, spec.replicas], ['apps/v1', 'kubesentiment-kafka', 3]);
  const [container] = spec.template.spec.containers;
  assert.deepEqual([container.name, container.image], ['kubesentiment', 'kubesentiment:latest']);
  assert.deepEqual(container.resources, {
    requests: { memory: '4Gi', cpu: '2000m' },
    limits: { memory: '8Gi', cpu: '4000m' },
  });
  const { enabled, consumer_threads } = parse(find('ConfigMap').data['kafka.yaml']).kafka;
  assert.deepEqual({ enabled, consumer_threads }, { enabled: true, consumer_threads: 8 });
});

test('its variables do what they say, and win over the file of the ConfigMap', () => {
  const env = { KAFKA_ENABLED: 'false', KAFKA_CONSUMER_THREADS: '4' };
  const { config } = loadYaml('kafka:\n  enabled: true\n  consumer_threads: 8\n', { env });
  assert.deepEqual([config.kafka.enabled, config.kafka.consumer_threads], [false, 4]);
});

test('its lines for TLS are taken as they are', () => {
  const yaml = [
    'kafka:',
    '  security_protocol: SSL',
    '  ssl_cafile: /path/to/ca.pem',
    '  ssl_certfile: /path/to/cert.pem',
    '  ssl_keyfile: /path/to/key.pem',
  ].join('\n');
  const properties = commonProperties(loadYaml(yaml).config);
  assert.equal(properties['security.protocol'], 'ssl');
  assert.equal(properties['ssl.ca.location'], '/path/to/ca.pem');
  assert.equal(properties['ssl.certificate.location'], '/path/to/cert.pem');
  assert.equal(properties['ssl.key.location'], '/path/to/key.pem');
});

test('its lines for SASL are taken as they are, with the variables filled in', () => {
  const yaml = [
    'kafka:',
    '  sasl_mechanism: PLAIN',
    '  security_protocol: SASL_SSL',
    '  sasl_plain_username: $KAFKA_USER',
    '  sasl_plain_password: $KAFKA_PASSWORD',
  ].join('\n');
  const env = { KAFKA_USER: 'alice', KAFKA_PASSWORD: 'a-password' };
  const { config, warnings } = loadYaml(yaml, { env });
  const properties = commonProperties(config);
  assert.equal(properties['security.protocol'], 'sasl_ssl');
  assert.equal(properties['sasl.mechanisms'], 'PLAIN');
  assert.equal(properties['sasl.username'], 'alice');
  assert.equal(properties['sasl.password'], 'a-password');
  assert.deepEqual(warnings, []);
});

test('a message is encrypted by its lines, with a keyring for the key', () => {
  const keyring = Keyring.parse(JSON.stringify({ '2026-11': Buffer.alloc(32, 7).toString('base64url') }));
  const message = { text: encryptText('What a lovely day', keyring), encryption_version: 'v1' };
  assert.ok(!message.text.includes('lovely'));
  assert.equal(decryptText(message.text, keyring), 'What a lovely day');
});

test('its alerts are there: name, bound, time and severity', () => {
  const { groups } = parse(read('monitoring/prometheus/rules.yml'));
  const rules: Document[] = groups.flatMap((group: Document) => group.rules);
  const find = (name: string): Document => rules.find(({ alert }) => alert === name);
  const low = find('KafkaConsumerThroughputLow');
  assert.match(low.expr, /throughput\S* < 2500\b/);
  assert.deepEqual([low.for, low.labels.severity], ['5m', 'warning']);
  const high = find('KafkaConsumerLatencyHigh');
  assert.match(high.expr, /processing_seconds\S* > 0\.5$/);
  assert.deepEqual([high.for, high.labels.severity], ['2m', 'critical']);
  const bounds = {
    KafkaConsumerErrorRateHigh: /> 0\.05\b/,
    KafkaConsumerLagHigh: /> 1000\b/,
    KafkaConsumerMemoryHigh: /> 6e9$/,
  };
  for (const [name, bound] of Object.entries(bounds)) assert.match(find(name)?.expr ?? '', bound, name);
});
