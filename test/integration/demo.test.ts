/** What `npm start` ends with, and how it stays up. The broker is inside the process. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { outputOf } from '../helpers/output.ts';
import { root } from '../helpers/paths.ts';

test('the demo shows sentences with their labels, and stays up with traffic and dead letters', {
  timeout: 300_000,
}, async (t) => {
  const command = [join(root, 'bin/kubesentiment.cjs'), 'demo', '--messages', '300', '--keep-running'];
  const settings = ['model.path=models/accurate', 'model.max_threads=1', 'http.port=0'];
  const child = spawn(process.execPath, [...command, ...settings.flatMap((text) => ['--set', text])], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const output = outputOf(child);
  const ended = exited.then(() => assert.fail(output.stderr));
  const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
    while (!(await Promise.race([isSo(), ended]))) await sleep(50);
  };
  await until(() => output.stderr.includes('Staying up until Ctrl-C'));
  const examples = [...output.stdout.matchAll(/^ {2}(POSITIVE|NEGATIVE) +[01]\.\d\d {2}\S.+$/gm)];
  assert.equal(examples.length, 5, output.stdout);
  assert.ok(examples.some(([, label]) => label === 'POSITIVE') && examples.some(([, l]) => l === 'NEGATIVE'));
  assert.match(
    output.stdout,
    /Avg Processing Time: .* ms {3}\(from poll to commit; sent as fast as possible/,
  );

  const url = /Live page: (\S+)/.exec(output.stderr)?.[1] ?? assert.fail(output.stderr);
  await until(async () => {
    const response = await fetch(`${url}api/v1/kafka-metrics`);
    const counts = (await response.json()) as Record<string, number>;
    return Number(counts['messages_processed']) > 310 && Number(counts['messages_sent_to_dlq']) > 0;
  });
  child.kill('SIGINT');
  ended.catch(() => undefined);
  assert.deepEqual(await exited, [0, null]);
  const worries = output.stderr.split('\n').filter((line) => / (WARN|ERROR) /.test(line));
  assert.deepEqual(
    worries.filter((line) => !line.includes('[dead_letter]')),
    [],
  ); // it sends some on purpose
});

test('with a configuration of configs/examples it sends such requests, also in Avro', {
  timeout: 300_000,
}, async () => {
  for (const [name, request, result] of [
    [
      'avro-orders',
      /orders\n .*of r0+/,
      /order_sentiment\n +\{"id":"r0+","label":"(POSI|NEGA)TIVE".*"customer":"customer of/,
    ],
    [
      'enrich-in-place',
      /orders\n +\{"comment":/,
      /orders_with_sentiment\n +\{"comment":.*"sentiment":\{"id":/,
    ],
  ] as const) {
    const file = join(root, `configs/examples/${name}.yaml`);
    const args = ['demo', '--messages', '300', '--config', file, '--set', 'model.path=models/accurate'];
    const child = spawn(
      process.execPath,
      [join(root, 'bin/kubesentiment.cjs'), ...args, '--set', 'http.port=0'],
      {
        cwd: root,
        stdio: ['ignore', 'pipe', 'pipe'],
      },
    );
    const output = outputOf(child);
    assert.deepEqual(await once(child, 'exit'), [0, null], output.stderr);
    assert.match(output.stdout, /Messages Processed: 300\n/);
    for (const part of [request, result]) assert.match(output.stdout, part);
  }
});
