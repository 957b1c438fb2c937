// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { configAsJson, printConfig } from '../../../src/config/print.ts';
import { configKeys } from '../../../src/config/schema.ts';
import { failureOf, loadYaml } from './support.ts';

const secret = 'correct-horse-battery';

test('printing hides every secret, in all forms', () => {
  const yaml = `
kafka:
  security_protocol: SASL_SSL
  sasl_mechanism: PLAIN
  sasl_plain_username: me
  sasl_plain_password: ${secret}
  ssl_password: ${secret}
  librdkafka: {ssl.keystore.password: ${secret}, client.rack: r1}
http:
  token: ${secret}
`;
  const loaded = loadYaml(yaml);
  assert.equal(loaded.config.kafka.sasl_plain_password, secret);
  const printed = [
    printConfig(loaded),
    printConfig(loaded, { origins: true }),
    JSON.stringify([configAsJson(loaded), configAsJson(loaded, { origins: true })]),
  ].join('\n');
  assert.ok(!printed.includes(secret), printed);
  assert.match(printed, /sasl_plain_password: "?\*{8}/);
  assert.match(printed, /client.rack: r1/);
});

test('an error about a long value with many colons comes at once', () => {
  const error = failureOf(`kafka:\n  results_topic: "${'a:'.repeat(100_000)}"\n`);
  assert.match(error.message, /results_topic: "a:a:.*… does not have the right form/);
});

test('no error shows a secret, whatever is wrong around it', () => {
  const cases = [
    `kafka: {sasl_plain_password: ${secret}, batch_sise: 3}`,
    `kafka:\n  sasl_plain_pasword: ${secret}\n`,
    `kafka:\n  librdkafka: {sasl.pasword: ${secret}}\n`,
    `kafka:\n  librdkafka: {ssl.keystore.password: [${secret}]}\n`,
    `kafka:\n  sasl_plain_password: [${secret}]\n`,
    `kafka: {sasl_plain_password: "x\n    ${secret}", batch_sise: 3}`,
    `kafka:\n  sasl_plain_password: "${secret}\n  topic: x\n`,
    `kafka:\n  sasl_plain_password: !${secret}\n`,
    `kafka:\n  sasl_plain_password: *${secret}\n`,
    `kafka:\n  sasl_plain_password: "\\q${secret}"\n`,
    `kafka:\n  sasl_plain_password: x: ${secret}\n`,
    `kafka: {sasl_plain_password: ${secret}\n`,
    `${secret}\n`,
    `- ${secret}\n`,
    `kafka: ${secret}\n`,
    `secrets: {password: ${secret}}\n`,
    `kafka:\n  security_protocol: PLAINTEXT\n  sasl_plain_password: ${secret}\n`,
    `schema_registry:\n  url: https://me:${secret}@registry\n`,
    `schema_registry: {url: "htp://me:${secret}/@registry", token: x}\n`,
    `kafka:\n  bootstrap_servers: [me:${secret}@broker]\n`,
    'kafka:\n  batch_size: ${SECRET}\n',
    'kafka:\n  delivery: $SECRET\n',
    'kafka:\n  topic: [a, "$SECRET !"]\n',
  ];
  for (const yaml of cases) {
    const error = failureOf(yaml, { env: { SECRET: secret } });
    assert.ok(!error.message.includes(secret), `${yaml}\n→ ${error.message}`);
    assert.ok(!JSON.stringify(error.problems).includes(secret), yaml);
  }
});

test('no error shows a secret that came from the environment or the command line', () => {
  const secrets = [...configKeys.values()].filter(({ facts }) => facts.secret);
  assert.ok(secrets.length >= 4);
  for (const { name, environmentNames } of secrets) {
    const attempts = [{ env: { [environmentNames[1]]: 'short!' } }, { overrides: { [name]: ['short!'] } }];
    for (const options of attempts) {
      assert.throws(
        () => loadConfig({ ...options, env: { ...options.env, KAFKA_BATCH_SIZE: 'x' } }),
        (error: Error) => !error.message.includes('short!'),
      );
    }
  }
});
