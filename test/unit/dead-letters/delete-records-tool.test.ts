import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type DeleteRecordsTool, runDeleteRecords } from '../../../src/dead-letters/delete-records-tool.ts';
import type { PurgePlan } from '../../../src/dead-letters/purge.ts';

const plan: PurgePlan = { version: 1, partitions: [{ topic: 'dlq', partition: 2, offset: 17 }] };

/** A program in the place of Kafka's: it keeps its arguments and a copy of the plan, says `says`, ends with `code`. */
function fakeTool(t: TestContext, code: number, says = '') {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-tool-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const tool = join(folder, 'tool.sh');
  const lines = [
    '#!/bin/sh',
    `printf '%s\\n' "$@" > '${folder}/arguments'`,
    'while [ "$1" != --offset-json-file ]; do shift; done',
    `cp "$2" '${folder}/plan'`,
    `echo '${says}' >&2`,
    `exit ${code}`,
  ];
  writeFileSync(tool, `${lines.join('\n')}\n`, { mode: 0o755 });
  const read = (name: string): string => readFileSync(join(folder, name), 'utf8');
  return { tool, args: () => read('arguments').trim().split('\n'), plan: () => JSON.parse(read('plan')) };
}

const options = (tool: string): DeleteRecordsTool => ({ tool, bootstrapServers: ['a:9092', 'b:9092'] });

test('the tool gets the brokers and the plan, which is gone afterwards', async (t) => {
  const fake = fakeTool(t, 0);
  await runDeleteRecords(plan, options(fake.tool));
  const [servers, list, file, path = ''] = fake.args();
  assert.deepEqual([servers, list, file], ['--bootstrap-server', 'a:9092,b:9092', '--offset-json-file']);
  assert.deepEqual(fake.plan(), plan);
  assert.equal(existsSync(path), false);
});

test('client properties are passed on to reach a secured cluster', async (t) => {
  const fake = fakeTool(t, 0);
  await runDeleteRecords(plan, { ...options(fake.tool), commandConfig: '/etc/client.properties' });
  assert.deepEqual(fake.args().slice(-2), ['--command-config', '/etc/client.properties']);
});

test('a tool that fails is an error with its exit code and its words', async (t) => {
  const fake = fakeTool(t, 3, 'no such topic');
  await assert.rejects(runDeleteRecords(plan, options(fake.tool)), {
    code: 'KS_KAFKA_FATAL',
    message: /failed \(exit code 3: no such topic\)\./,
  });
});

test('a tool that is missing, or cannot be run, is named', async (t) => {
  await assert.rejects(runDeleteRecords(plan, options('/nowhere/delete-records')), {
    code: 'KS_STATE',
    message: /"\/nowhere\/delete-records" cannot be found/,
  });
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-tool-'));
  t.after(() => rmSync(folder, { recursive: true }));
  await assert.rejects(runDeleteRecords(plan, options(folder)), {
    code: 'KS_KAFKA_FATAL',
    message: /EACCES/,
  });
});
