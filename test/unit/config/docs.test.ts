import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { defaultYaml, dotEnvExample, generatedFiles, jsonSchema } from '../../../src/config/docs.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { configKeys } from '../../../src/config/schema.ts';
import { loadYaml } from './support.ts';
import { root } from '../../helpers/paths.ts';

for (const [path, content] of Object.entries(generatedFiles())) {
  test(`${path} is up to date (npm run docs)`, () => {
    assert.equal(readFileSync(join(root, path), 'utf8'), content);
  });
}

test('configs/kafka.yaml equals the defaults', () => {
  const { config, warnings } = loadConfig({ file: join(root, 'configs/kafka.yaml') });
  assert.deepEqual(config, loadConfig().config);
  assert.deepEqual(warnings, []);
});

test('the default file gives every key a line, and each commented-out line is a valid one', () => {
  const yaml = defaultYaml();
  for (const { key } of configKeys.values()) assert.match(yaml, new RegExp(`^  (# )?${key}: `, 'm'));
  for (const [line] of yaml.matchAll(/^ {2}# \w+: .*$/gm)) {
    const key = line.slice(4, line.indexOf(':'));
    if (![...configKeys.values()].some((entry) => entry.key === key)) continue;
    const section = [...configKeys.values()].find((entry) => entry.key === key)?.section;
    const problems = problemsBesidesRules(`${section}:\n  ${line.slice(4)}\n`);
    assert.deepEqual(problems, [], line);
  }
});

test('the variants load without warnings and differ from the default', () => {
  for (const name of ['embedded', 'at-least-once']) {
    const { config, warnings } = loadConfig({ file: join(root, `configs/${name}.yaml`) });
    assert.deepEqual(warnings, []);
    assert.notDeepEqual(config, loadConfig().config);
  }
});

test('.env.example names every variable once, with the default', () => {
  const variables = [...dotEnvExample().matchAll(/^# ([A-Z_]+)=(.*)$/gm)];
  assert.deepEqual(
    variables.map(([, name]) => name),
    [...configKeys.values()].map(({ environmentNames }) => environmentNames[1]),
  );
  const env = Object.fromEntries(variables.map(([, name, value]) => [name, value]));
  assert.deepEqual(loadConfig({ env }).config, loadConfig().config);
});

test('the JSON Schema knows every key, and no default of this machine', () => {
  const { properties } = JSON.parse(jsonSchema());
  for (const { section, key } of configKeys.values()) assert.ok(properties[section].properties[key], key);
  assert.equal(properties.model.properties.max_threads.default, undefined);
  assert.equal(properties.kafka.additionalProperties, false);
});

/** Examples name files and hosts that need not exist and keys that need others. */
function problemsBesidesRules(yaml: string): string[] {
  try {
    loadYaml(yaml);
    return [];
  } catch (error) {
    const { problems } = error as { problems: { message: string }[] };
    return problems
      .map(({ message }) => message)
      .filter((message) => !/no effect|must be set together|cannot read .* \(ENOENT\)/.test(message));
  }
}
