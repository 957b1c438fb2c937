import assert from 'node:assert/strict';
import { test } from 'node:test';
import { changedKeys, differences, withKeys } from '../../../src/config/difference.ts';
import { configAsJson } from '../../../src/config/print.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { configKeys, type KeyEntry } from '../../../src/config/schema.ts';

const load = (overrides: Readonly<Record<string, unknown>>) => loadConfig({ overrides }).config;

test('a configuration does not differ from itself, nor from what is shown of it', () => {
  const config = load({ 'kafka.topics': [{ topic: 'a', request: { text: ['/b'] } }] });
  assert.deepEqual(differences(config, config), []);
  assert.deepEqual(differences(JSON.parse(JSON.stringify(configAsJson({ config }))), config), []);
});

test('every kind of value is compared, and a key that is not set is null', () => {
  const changes = {
    'kafka.topic': ['b', 'c'],
    'kafka.librdkafka': { 'client.rack': 'x' },
    'kafka.buffer_bytes': 2 ** 20,
    'model.max_length': 32,
    'http.page': false,
    'http.token': 'a-secret-of-some-length',
  };
  const found = differences(load({}), load(changes));
  assert.deepEqual(
    found.map(({ key }) => key),
    [...configKeys.keys()].filter((key) => key in changes),
  );
  const of = (name: string) => found.find(({ key }) => key === name);
  assert.deepEqual(of('model.max_length'), {
    key: 'model.max_length',
    from: null,
    to: 32,
    while_running: true,
  });
  assert.deepEqual([of('http.token')?.from, of('http.token')?.to], [null, '********']);
});

test('only the keys that are named are taken over', () => {
  const [before, after] = [load({}), load({ 'kafka.max_retries': 7, 'kafka.topic': 'b', 'http.port': 1 })];
  const taken = withKeys(before, after, [configKeys.get('kafka.max_retries') as KeyEntry]);
  assert.deepEqual(
    changedKeys(before, taken).map(({ name }) => name),
    ['kafka.max_retries'],
  );
  assert.equal(before.kafka.max_retries, 3, 'the one in use is left as it was');
  assert.ok(Object.isFrozen(taken) && Object.isFrozen(taken.kafka));
});
