import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext, test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { loadConfig } from '../../../src/config/load.ts';
import { CredentialWatch } from '../../../src/service/credential-watch.ts';
import { checkCertificates, credentialFiles, withCredentials } from '../../../src/service/credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-credentials-'));
after(() => rmSync(folder, { recursive: true }));

const LOOK_MS = 20;
const RETRY_MS = 100;

/** A certificate and its key, how often their change was told, and a clock that only `look` moves. */
function watched(t: TestContext, answers: boolean[] = []) {
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  t.mock.timers.enable({ apis: ['setInterval'] });
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-credentials-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [certificate, key] = [join(folder, 'tls.pem'), join(folder, 'tls.key')];
  writeFileSync(certificate, 'first certificate');
  writeFileSync(key, 'first key');
  const told: number[] = [];
  const watch = new CredentialWatch({
    files: [certificate, key],
    onChange: async () => {
      told.push(now);
      return answers.shift() ?? true;
    },
    lookMs: LOOK_MS,
    retryMs: RETRY_MS,
  });
  const look = async (times: number): Promise<void> => {
    for (let i = 0; i < times; i++) {
      now += LOOK_MS;
      t.mock.timers.tick(LOOK_MS);
      await turn();
    }
  };
  return { certificate, key, told, watch, look };
}

test('a change is told once, when it has come to rest', async (t) => {
  const { certificate, key, told, look } = watched(t);
  writeFileSync(certificate, 'second certificate');
  await look(1);
  writeFileSync(key, 'second key');
  await look(1);
  assert.deepEqual(told, [], 'a certificate and its key are two files');
  await look(1);
  assert.equal(told.length, 1);
  writeFileSync(key, 'second key'); // the same again
  await look(10);
  assert.equal(told.length, 1);
  writeFileSync(key, 'third key');
  await look(2);
  assert.equal(told.length, 2);
});

test('what cannot be used yet is tried again, and at once when the files change once more', async (t) => {
  const { key, told, look } = watched(t, [false, false]);
  writeFileSync(key, 'second key');
  await look(2);
  const [first = Number.NaN] = told;
  await look(4);
  assert.equal(told.length, 1);
  await look(1);
  assert.deepEqual(told, [first, first + RETRY_MS]);
  writeFileSync(key, 'third key');
  await look(2);
  assert.equal(told.length, 3);
  await look(20);
  assert.equal(told.length, 3, 'it is in use');
});

test('nothing is told after the end', async (t) => {
  const { key, told, watch, look } = watched(t);
  await watch.close();
  writeFileSync(key, 'second key');
  await look(5);
  assert.deepEqual(told, []);
});

test('the files behind a configuration, and what is taken from a newer one', () => {
  const file = join(folder, 'kafka.yaml');
  const ca = join(folder, 'ca.pem');
  const lines = [
    'kafka:',
    '  security_protocol: SASL_SSL',
    '  sasl_mechanism: PLAIN',
    '  sasl_plain_username: alice',
    `  ssl_cafile: ${ca}`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: a placeholder of the configuration file.
    "  sasl_plain_password: '${file:password}'",
  ];
  // biome-ignore lint/suspicious/noTemplateCurlyInString: another placeholder, of no interest here.
  writeFileSync(file, [...lines, 'http:', "  token: '${file:token}'"].join('\n'));
  writeFileSync(join(folder, 'password'), 'old\n');
  writeFileSync(join(folder, 'token'), 'sixteen characters');
  const before = loadConfig({ file });
  assert.deepEqual(credentialFiles(before), [ca, join(folder, 'password')]);

  writeFileSync(join(folder, 'password'), 'new\n');
  writeFileSync(file, [...lines, '  topic: another'].join('\n'));
  const { kafka } = withCredentials(before.config, loadConfig({ file }).config);
  assert.deepEqual([kafka.sasl_plain_password, kafka.topic], ['new', before.config.kafka.topic]);

  writeFileSync(ca, 'no certificate');
  assert.doesNotThrow(() => checkCertificates({ ...kafka, ssl_cafile: undefined }));
  assert.throws(() => checkCertificates({ ...kafka, ssl_certfile: ca }), { code: 'KS_CONFIG_INVALID' });
  assert.throws(() => checkCertificates({ ...kafka, ssl_keyfile: join(folder, 'none') }), /cannot be used/);
});
