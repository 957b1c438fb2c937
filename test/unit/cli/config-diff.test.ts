import assert from 'node:assert/strict';
import { test, type TestContext } from 'node:test';
import { commandWith, temporaryFile } from '../../helpers/command.ts';

const command = commandWith({});

function files(t: TestContext): { before: string; after: string } {
  return {
    before: temporaryFile(
      t,
      'before.yaml',
      'kafka: {topic: a}\nhttp: {token: first-secret-0123456789}\nmodel: {min_score: 0.2}\n',
    ),
    after: temporaryFile(
      t,
      'after.yaml',
      'kafka: {topic: [a, b], max_retries: 5}\nhttp: {token: second-secret-0123456789}\nmodel: {min_score: 0.2}\n',
    ),
  };
}

test('diff says what another file changes, and what of it needs a restart', async (t) => {
  const { before, after } = files(t);
  const { code, stdout, stderr } = await command('config', 'diff', after, '--config', before);
  assert.deepEqual(
    [code, stdout.split('\n')],
    [
      1,
      [
        'needs a restart:  kafka.topic: ["a"] -> ["a","b"]',
        'while running:    kafka.max_retries: 3 -> 5',
        'needs a restart:  http.token: "********" -> "********"',
        '',
      ],
    ],
    stderr,
  );
  const asJson = await command('config', 'diff', after, '--config', before, '--json');
  assert.deepEqual(asJson.json[1], { key: 'kafka.max_retries', from: 3, to: 5, while_running: true });
  assert.doesNotMatch(asJson.stdout + stdout, /-secret-/);
});

test('what the command line and the environment set is the same on both sides', async (t) => {
  const { before, after } = files(t);
  const set = ['kafka.topic=c', 'kafka.max_retries=4', 'http.token=third-secret-0123456789'].flatMap(
    (each) => ['--set', each],
  );
  const same = await command('config', 'diff', after, '--config', before, ...set);
  assert.deepEqual([same.code, same.stdout], [0, 'No differences.\n'], same.stderr);
});

test('what cannot be compared is no difference: exit code 2', async (t) => {
  const { before } = files(t);
  const broken = temporaryFile(t, 'broken.yaml', 'kafka: {max_retries: -1}');
  const nothing = await command('config', 'diff', '--config', before);
  assert.deepEqual([nothing.code, /Name another file/.test(nothing.stderr)], [2, true], nothing.stderr);
  const invalid = await command('config', 'diff', broken, '--config', before);
  assert.deepEqual([invalid.code, /max_retries/.test(invalid.stderr)], [2, true], invalid.stderr);
  const nobody = await command('config', 'diff', '--config', before, '--url', 'http://127.0.0.1:9');
  assert.deepEqual([nobody.code, /No service answers/.test(nobody.stderr)], [2, true], nobody.stderr);
});
