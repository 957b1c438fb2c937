/** The commands of message encryption, as SECURITY.md has them: `keys`, `encrypt`, `decrypt`. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { root } from '../../helpers/paths.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-commands-'));
after(() => rmSync(folder, { recursive: true }));
const texts = ['The ocelot is lovely', 'The ocelot is "terrible" ☂'];

function run(input: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'bin/kubesentiment.cjs'), ...args], {
    encoding: 'utf8',
    input,
    timeout: 60_000,
  });
}

function answerOf(input: string, ...args: string[]): string {
  const { status, stdout, stderr } = run(input, ...args);
  assert.equal(status, 0, stderr);
  return stdout;
}

function newKeyring(name: string): string {
  const path = join(folder, name);
  answerOf('', 'keys', 'generate', path);
  return path;
}

const keyringOf = (keyring: string): string[] => ['-s', `encryption.keyring=${keyring}`];

test('what encrypt makes of texts, decrypt gives back, also after the key was changed', () => {
  const path = newKeyring('keyring.json');
  const encrypted = answerOf(`${texts.join('\n')}\n`, 'encrypt', ...keyringOf(path));
  assert.ok(!encrypted.includes('ocelot'));
  const requests = encrypted.trim().split('\n');
  for (const line of requests) assert.equal(JSON.parse(line).encryption_version, 'v1');
  const { id } = JSON.parse(answerOf('', 'keys', 'rotate', path, '--json'));
  assert.equal(Object.keys(JSON.parse(readFileSync(path, 'utf8'))).length, 2);
  const decrypted = answerOf(encrypted, 'decrypt', ...keyringOf(path));
  assert.deepEqual(
    decrypted
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
    texts.map((text) => ({ text })),
  );
  const token = answerOf('', 'encrypt', '--token', ...keyringOf(path), String(texts[0])).trim();
  const header = JSON.parse(Buffer.from(String(token.split('.')[0]), 'base64url').toString());
  assert.deepEqual(header, { alg: 'dir', enc: 'A256GCM', kid: id });
  assert.equal(answerOf(`${token}\n`, 'decrypt', ...keyringOf(path)).trim(), texts[0]);
});

test('a request keeps everything but its text readable', () => {
  const path = newKeyring('requests.json');
  const request = { id: '7', text: String(texts[1]), metadata: { user_id: 'user123' } };
  const line = answerOf(`${JSON.stringify(request)}\n`, 'encrypt', '--requests', ...keyringOf(path));
  const { text, encryption_version, ...rest } = JSON.parse(line);
  assert.deepEqual(rest, { id: '7', metadata: { user_id: 'user123' } });
  assert.equal(encryption_version, 'v1');
  assert.deepEqual(JSON.parse(answerOf(line, 'decrypt', ...keyringOf(path))), request);
});

test('what cannot be done is said with the line, and with nothing of it', () => {
  const path = newKeyring('mine.json');
  const stranger = newKeyring('of-another.json');
  const token = answerOf('', 'encrypt', '--token', ...keyringOf(stranger), String(texts[0])).trim();
  const cases: [string, string[], RegExp][] = [
    [`${token}\n`, ['decrypt', ...keyringOf(path)], /Line 1: .*no key with the id/],
    ['\nocelot\n', ['encrypt', '--requests', ...keyringOf(path)], /Line 2: Not a JSON object with a text/],
    ['ocelot\n', ['encrypt'], /No keyring is configured\./],
  ];
  for (const [input, args, sentence] of cases) {
    const { status, stdout, stderr } = run(input, ...args);
    assert.notEqual(status, 0);
    assert.match(stderr, sentence);
    assert.equal(stdout, '');
    assert.ok(!stderr.includes('ocelot') && !stderr.includes(token), stderr);
  }
  const { status, stderr } = run('', 'keys', 'generate', path);
  assert.notEqual(status, 0, 'keys that exist are not written over');
  assert.match(stderr, /already exists/);
});
