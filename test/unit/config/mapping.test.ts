import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { root } from '../../helpers/paths.ts';
import { failureOf, loadYaml } from './support.ts';

const problemOf = (yaml: string): string => failureOf(yaml).problems.map(({ message }) => message)[0] ?? '';

test('pointers: one or a list, $key as it stands, an empty text', () => {
  const { request } = loadYaml('request:\n  text: /a/b\n  id: $key\n  timestamp: ""\n').config;
  assert.deepEqual([request.text, request.id, request.timestamp], [['/a/b'], '$key', '']);
  assert.deepEqual(loadYaml('request:\n  text: [/a~1b, ""]\n').config.request.text, ['/a~1b', '']);
  assert.deepEqual(loadYaml('request:\n  text: ""\n').config.request.text, ['']);
  const { request: again } = loadConfig({ env: { REQUEST_TEXT: '/a,/b', REQUEST_ID: '$key' } }).config;
  assert.deepEqual([again.text, again.id], [['/a', '/b'], '$key']);
});

test('what is no pointer is refused', () => {
  for (const yaml of ['text: body', 'text: /a~2', 'id: id', 'id: $$other', 'text: [$$key]'])
    assert.match(problemOf(`request:\n  ${yaml}\n`), /does not have the right form/, yaml);
  assert.match(problemOf('result:\n  include: {a: b}\n'), /does not have the right form/);
  assert.match(problemOf('result:\n  include: {label: /a}\n'), /a member "label" of its own/);
});

test('combinations that cannot work', () => {
  const text = 'request:\n  format: text\n';
  assert.match(problemOf(`${text}  envelope: connect\n`), /text has no envelope/);
  assert.match(problemOf(`${text}  id: /id2\n`), /request\.id can only be \$key/);
  assert.match(problemOf(`${text}result:\n  shape: request\n`), /JSON objects/);
  assert.match(problemOf(`${text}result:\n  include: {a: /a}\n`), /no effect/);
  assert.match(problemOf('result:\n  headers: [all, a]\n'), /must stand alone/);
  assert.match(problemOf(`${text}encryption:\n  require: true\n  keyring: k\n`), /never encrypted/);
});

test('what a Schema Registry needs, and what it is not for', () => {
  const avro = 'request:\n  format: avro\n';
  const url = 'schema_registry:\n  url: http://localhost:8081\n';
  assert.match(problemOf(avro), /avro needs schema_registry\.url/);
  assert.match(problemOf(`${avro}  envelope: connect\n${url}`), /connect is an envelope of JSON/);
  assert.match(problemOf(`${avro}${url}result:\n  shape: request\n`), /JSON objects/);
  assert.match(problemOf(`${avro}${url}  username: a\n  token: b\n`), /a token or a user, not both/);
  assert.match(
    problemOf(`${avro}schema_registry:\n  url: http://a:b@localhost\n`),
    /does not have the right form/,
  );
});

test('results with a schema need a registry, and are records of their own', () => {
  const format = 'result:\n  format: protobuf\n';
  const url = 'schema_registry:\n  url: http://localhost:8081\n';
  assert.match(problemOf(format), /protobuf needs schema_registry\.url/);
  assert.match(
    problemOf(`${format}  shape: request\n${url}`),
    /adds a member to a JSON document.*shape: record/s,
  );
  assert.deepEqual(loadYaml(`${format}${url}`).warnings, []);
  assert.match(loadYaml(url).warnings.join(), /no schemas are needed with .* and result\.format: json/);
});

test('the examples are valid, and no default is written out', () => {
  const folder = join(root, 'configs/examples');
  for (const file of readdirSync(folder)) {
    const { warnings, origins } = loadConfig({ file: join(folder, file) });
    assert.deepEqual(warnings, [], file);
    assert.ok(
      [...origins.values()].some((origin) => origin.startsWith(join(folder, file))),
      file,
    );
  }
});
