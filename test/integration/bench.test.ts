/** The performance test as a user runs it, on a real broker. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { resultKeys } from '../../src/bench/results.ts';
import { commandWith, temporaryFile } from '../helpers/command.ts';
import { noBroker, sharedBroker } from '../helpers/kafka-broker.ts';

const settings = { 'model.path': 'null', 'kafka.consumer_threads': 2 };
const few = ['--duration', '2', '--warm-up', '1', '--partitions', '2'];

test('a measurement at a fixed rate counts every message once and passes', { skip: noBroker }, async (t) => {
  const { bootstrapServers } = await sharedBroker();
  const json = temporaryFile(t, 'report.json');
  const html = temporaryFile(t, 'report.html');
  const bench = commandWith(settings);
  const { code, stdout, stderr } = await bench(
    ...['bench', '--broker', bootstrapServers, '--target-tps', '100', ...few, '--json', json, '--html', html],
  );
  const report = JSON.parse(readFileSync(json, 'utf8'));
  assert.deepEqual(
    [report.messages_sent, report.messages_processed, report.details.lost],
    [200, 200, 0],
    stderr,
  );
  assert.equal(report.details.doubled, 0);
  assert.equal(report.details.warm_up_messages, 100, 'sent first and excluded');
  assert.equal(code, report.passed ? 0 : 1);
  assert.deepEqual(Object.keys(report).slice(0, resultKeys.length), [...resultKeys]);
  assert.match(stdout, /^🎉 Performance Test Results\n={50}\n/);
  assert.match(stdout, /📤 Messages Sent: 200\n📥 Messages Processed: 200\n/);
  assert.match(stderr, /Warm-up of 1 s \(100 messages\) excluded/);
  const page = readFileSync(html, 'utf8');
  assert.equal(page.match(/<svg/g)?.length, 5);
  assert.doesNotMatch(page, /(src|href)=/, 'nothing is loaded from anywhere');
});

test('a target out of reach is exit code 1, with the same report', { skip: noBroker }, async () => {
  const { bootstrapServers } = await sharedBroker();
  const bench = commandWith(settings);
  const { code, stdout, stderr } = await bench(
    ...['bench', '--broker', bootstrapServers, '--saturate', '--target-tps', '100000000', ...few],
  );
  assert.equal(code, 1, stderr);
  assert.match(stdout, /🎯 Target TPS: 100,000,000/);
  assert.match(stderr, /The target was not met/);
});

test('a sweep measures each value and says which was best', { skip: noBroker }, async (t) => {
  const { bootstrapServers } = await sharedBroker();
  const json = temporaryFile(t, 'sweep.json');
  const bench = commandWith(settings);
  const { code, stdout, stderr } = await bench(
    ...['bench', 'sweep', '--broker', bootstrapServers, '--param', 'batch_size=8,64', '--target-tps', '100'],
    ...[...few, '--json', json],
  );
  assert.equal(code, 0, stderr);
  assert.match(stdout, /kafka\.batch_size +achieved_tps/);
  assert.match(stderr, /Highest rate: kafka\.batch_size=(8|64)\./);
  const { rows } = JSON.parse(readFileSync(json, 'utf8'));
  assert.deepEqual(
    rows.map((row: { settings: object }) => row.settings),
    [{ 'kafka.batch_size': '8' }, { 'kafka.batch_size': '64' }],
  );
});
