import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadConfig } from '../../../src/config/load.ts';
import { CredentialWatch } from '../../../src/service/credential-watch.ts';
import { checkCertificates, credentialFiles, withCredentials } from '../../../src/service/credentials.ts';

const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-credentials-'));
after(() => rmSync(folder, { recursive: true }));

/** A certificate and its key, and how often their change was told. */
function watched(name: string, answers: boolean[] = []) {
  const [certificate, key] = [join(folder, `${name}.pem`), join(folder, `${name}.key`)];
  writeFileSync(certificate, 'first certificate');
  writeFileSync(key, 'first key');
  const told: number[] = [];
  const watch = new CredentialWatch({
    files: [certificate, key],
    onChange: async () => {
      told.push(performance.now());
      return answers.shift() ?? true;
    },
    lookMs: 20,
    retryMs: 100,
  });
  const until = async (count: number): Promise<void> => {
    while (told.length < count) await sleep(5);
  };
  return { certificate, key, told, watch, until };
}

test('a change is told once, when it has come to rest', async () => {
  const { certificate, key, told, watch, until } = watched('once');
  writeFileSync(certificate, 'second certificate');
  writeFileSync(key, 'second key');
  await until(1);
  writeFileSync(key, 'second key'); // the same again
  await sleep(100);
  assert.equal(told.length, 1);
  writeFileSync(key, 'third key');
  await until(2);
  await watch.close();
});

test('what cannot be used yet is tried again, and at once when the files change once more', async () => {
  const { key, told, watch, until } = watched('again', [false, false]);
  writeFileSync(key, 'second key');
  await until(2);
  assert.ok((told[1] as number) - (told[0] as number) >= 99);
  writeFileSync(key, 'third key');
  await until(3);
  await sleep(150);
  assert.equal(told.length, 3);
  await watch.close();
});

test('nothing is told after the end', async () => {
  const { key, told, watch } = watched('end');
  await watch.close();
  writeFileSync(key, 'second key');
  await sleep(80);
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
