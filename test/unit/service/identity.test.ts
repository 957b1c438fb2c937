import assert from 'node:assert/strict';
import { hostname } from 'node:os';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { configFingerprint, newInstance } from '../../../src/service/identity.ts';

const fingerprint = (overrides: Record<string, unknown>): string =>
  configFingerprint(loadConfig({ overrides }).config);

test('processes of a group that are configured alike have the same fingerprint', () => {
  const plain = fingerprint({});
  assert.match(plain, /^[0-9a-f]{12}$/);
  const own = {
    'kafka.group_instance_id': 'ks-1',
    'kafka.transactional_id': 'ks-1',
    'http.host': '127.0.0.2',
    'http.port': 8001,
    'http.peers': ['https://127.0.0.1:8000'],
    'http.peers_token': 'a-token-of-some-length-0123456789',
    'http.peers_ssl_cafile': '/etc/ssl/ca.pem',
    'model.max_threads': 7,
  };
  assert.equal(fingerprint(own), plain);
});

test('any other key makes another one; a secret only whether it is set', () => {
  const plain = fingerprint({});
  for (const other of [
    { 'kafka.batch_size': 100 },
    { 'model.path': 'models/accurate' },
    { 'logging.level': 'debug' },
  ])
    assert.notEqual(fingerprint(other), plain);
  const [one, two] = ['1', '2'].map((digit) => fingerprint({ 'http.token': digit.repeat(20) }));
  assert.equal(one, two);
  assert.notEqual(one, plain);
});

test('each start is an instance of its own, with a name that people know', () => {
  const { config } = loadConfig();
  const [one, two] = [newInstance(config), newInstance(config)];
  assert.notEqual(one.id, two.id);
  assert.deepEqual([one.name, one.pid], [hostname(), process.pid]);
  const { config: member } = loadConfig({ overrides: { 'kafka.group_instance_id': 'ks-1' } });
  assert.equal(newInstance(member).name, 'ks-1');
});
