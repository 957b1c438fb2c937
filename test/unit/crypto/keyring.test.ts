import assert from 'node:assert/strict';
import {
  chmodSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { decryptRequest, decryptText, encryptRequest, encryptText } from '../../../src/crypto/encryption.ts';
import { Keyring } from '../../../src/crypto/keyring.ts';
import { generateKeyringFile, rotateKeyringFile } from '../../../src/crypto/keyring-file.ts';
import { KeyringSource, readKeyringFile } from '../../../src/crypto/keyring-source.ts';
import type { KubesentimentError } from '../../../src/errors.ts';

const secret = Buffer.alloc(32, 'marked-secret-').toString('base64');
const second = Buffer.alloc(32, 2).toString('base64');

function folderOf(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-keys-'));
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

test('the newest key encrypts unless another one is named, and every key decrypts', () => {
  const json = JSON.stringify({ old: secret, new: second });
  const keyring = Keyring.parse(json);
  assert.equal(keyring.activeId, 'new');
  const before = Keyring.parse(json, 'old');
  assert.equal(before.activeId, 'old');
  assert.equal(decryptText(encryptText('grüß dich', before), keyring), 'grüß dich');
  const request = { id: '7', text: 'fine', metadata: { a: 1 } };
  const encrypted = encryptRequest(request, keyring);
  assert.equal(encrypted.encryption_version, 'v1');
  assert.deepEqual(decryptRequest(encrypted, keyring), request);
  assert.deepEqual(decryptRequest(request, keyring), request);
  assert.throws(() => decryptRequest({ ...encrypted, encryption_version: 'v2' }, keyring), {
    code: 'KS_DECRYPT_FAILED',
  });
});

test('what is wrong with a keyring is told, and nothing of it', () => {
  const cases: [json: string, reason: RegExp][] = [
    ['', /not valid JSON/],
    [`{"k": "${secret}"`, /not valid JSON/],
    [`${secret}`, /not valid JSON/],
    ['[]', /not a JSON object/],
    ['null', /not a JSON object/],
    [`"${secret}"`, /not a JSON object/],
    ['{}', /contains no key/],
    [`{"a b": "${secret}"}`, /id of key 1/],
    [`{"": "${secret}"}`, /id of key 1/],
    [`{"x": "${second}", "${'i'.repeat(129)}": "${secret}"}`, /id of key 2/],
    [`{"7": "${secret}"}`, /is a number/],
    [`{"k": "${secret.slice(4)}"}`, /Key 1 is not 32 bytes/],
    [`{"k": "${secret}${secret}"}`, /Key 1 is not 32 bytes/],
    [`{"k": ["${secret}"]}`, /Key 1 is not 32 bytes/],
    ['{"k": 5}', /Key 1 is not 32 bytes/],
    [JSON.stringify(Object.fromEntries(Array.from({ length: 1001 }, (_, i) => [`k${i}`, secret]))), /1000/],
  ];
  for (const [json, reason] of cases) {
    assert.throws(
      () => Keyring.parse(json),
      (error: KubesentimentError) => {
        assert.equal(error.code, 'KS_KEYRING_INVALID');
        assert.match(error.message, reason);
        assert.ok(!`${error.stack}${error.cause}`.includes(secret.slice(0, 12)), json.slice(0, 40));
        return true;
      },
    );
  }
  assert.throws(() => Keyring.parse(`{"k":"${secret}"}`, 'other'), /active_key/);
  assert.throws(() => readKeyringFile('/nowhere/keys.json'), { code: 'KS_KEYRING_INVALID' });
  assert.throws(() => readKeyringFile('/'), { code: 'KS_KEYRING_INVALID' });
});

test('descriptions and prints of a keyring show no key', () => {
  const keyring = Keyring.parse(JSON.stringify({ a: secret, b: second }), 'a');
  const shown = JSON.stringify([keyring, keyring.describe()]) + String(keyring);
  assert.ok(!shown.includes(secret.slice(0, 10)));
  assert.deepEqual(
    keyring.describe().map(({ id, active }) => [id, active]),
    [
      ['a', true],
      ['b', false],
    ],
  );
});

test('a keyring file is made for its owner and keeps its rights when it is rotated', (t) => {
  const path = join(folderOf(t), 'keyring.json');
  const first = generateKeyringFile(path);
  assert.equal(statSync(path).mode & 0o777, 0o600);
  assert.throws(() => generateKeyringFile(path), { code: 'KS_USAGE' });
  const token = encryptText('fine', Keyring.parse(readFileSync(path, 'utf8')));
  chmodSync(path, 0o640);
  const newest = rotateKeyringFile(path);
  assert.notEqual(newest, first);
  assert.equal(statSync(path).mode & 0o777, 0o640);
  const keyring = Keyring.parse(readFileSync(path, 'utf8'));
  assert.deepEqual([keyring.activeId, keyring.size], [newest, 2]);
  assert.equal(decryptText(token, keyring), 'fine');
  assert.throws(() => rotateKeyringFile(path, first), { code: 'KS_USAGE' });
});

test('a keyring file is read again when a key is missing, also behind a swapped link', (t) => {
  const folder = folderOf(t);
  const [one, two, link] = ['one.json', 'two.json', 'keyring.json'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  writeFileSync(one, JSON.stringify({ a: secret }), { mode: 0o600 });
  writeFileSync(two, JSON.stringify({ a: secret, b: second }), { mode: 0o644 });
  symlinkSync(one, link);
  const changes: (number | string)[] = [];
  const source = new KeyringSource({
    keyring: link,
    onChange: (keyring, error) => changes.push(error?.code ?? keyring.size),
  });
  t.after(() => source.close());
  assert.equal(source.exposedPath, undefined);
  symlinkSync(two, `${link}.new`);
  renameSync(`${link}.new`, link);
  assert.equal(source.current.find('b'), undefined);
  assert.equal(source.reread(), true);
  assert.ok(source.current.find('b'));
  assert.equal(source.exposedPath, link);
  assert.equal(source.reread(), false, 'not again at once');
  assert.deepEqual(changes, [2]);
});

test('a broken keyring file leaves the keys in force', async (t) => {
  const path = join(folderOf(t), 'keyring.json');
  writeFileSync(path, JSON.stringify({ a: secret }));
  const changes: (number | string)[] = [];
  const source = new KeyringSource({
    keyring: path,
    onChange: (keyring, error) => changes.push(error?.code ?? keyring.size),
  });
  t.after(() => source.close());
  writeFileSync(path, '{"a":');
  assert.equal(source.reread(), false);
  assert.ok(source.current.find('a'));
  assert.deepEqual(changes, ['KS_KEYRING_INVALID']);
});

test('a keyring from the environment needs no file', () => {
  const source = new KeyringSource({ keyring: ` {"a":"${secret}"}` });
  assert.ok(source.current.find('a'));
  assert.equal(source.exposedPath, undefined);
  assert.equal(source.reread(), false);
  source.close();
});
