// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { loadConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { printConfig } from '../../../src/config/print.ts';
import { configKeys, defaultOf, type KeyEntry, type KeyName } from '../../../src/config/schema.ts';
import { suggest } from '../../../src/config/suggest.ts';
import { failureOf, loadYaml } from './support.ts';

const entries = [...configKeys.values()];
/** Keys of which any value in range goes with the defaults of all others. */
const free = ['kafka.batch_timeout_ms', 'kafka.max_poll_records', 'kafka.max_retries', 'http.port'] as const;
const oneOf = (keys: readonly KeyName[]) =>
  fc.constantFrom(...keys).map((name) => configKeys.get(name) as KeyEntry);

test('precedence: the highest source that names a key decides it, for every mix of sources', () => {
  const value = fc.option(fc.integer({ min: 1, max: 100 }), { nil: undefined });
  const mix = fc.tuple(...free.map(() => fc.record({ file: value, env: value, override: value })));
  fc.assert(
    fc.property(mix, (choices) => {
      const env: Record<string, string> = {};
      const overrides: Record<string, unknown> = {};
      const sections: Record<string, string> = { kafka: '', http: '' };
      free.forEach((name, i) => {
        const { section, key, environmentNames } = configKeys.get(name) as KeyEntry;
        const choice = choices[i];
        if (choice?.file !== undefined) sections[section] += `  ${key}: ${choice.file}\n`;
        if (choice?.env !== undefined) env[environmentNames[i % 2 === 0 ? 0 : 1]] = String(choice.env);
        if (choice?.override !== undefined) overrides[name] = choice.override;
      });
      const yaml = Object.entries(sections).map(([name, lines]) => `${name}:\n${lines}`);
      const loaded = loadYaml(yaml.join(''), { env, overrides });
      free.forEach((name, i) => {
        const entry = configKeys.get(name) as KeyEntry;
        const {
          file,
          env: fromEnv,
          override,
        } = choices[i] as { file?: number; env?: number; override?: number };
        const expected = override ?? fromEnv ?? file ?? defaultOf(entry);
        assert.equal((loaded.config[entry.section] as Record<string, unknown>)[entry.key], expected);
        const origin = loaded.origins.get(name) as string;
        if (override !== undefined) assert.equal(origin, 'command line');
        else if (fromEnv !== undefined) assert.match(origin, /^env /);
        else if (file !== undefined) assert.match(origin, /\.yaml:\d+:\d+$/);
        else assert.equal(origin, 'default');
      });
    }),
    { numRuns: 50 },
  );
});

test('a key with one slip of the pen is refused, and the right one is suggested', () => {
  const slip = fc.record({
    entry: oneOf(entries.filter(({ key }) => key.length >= 8).map(({ name }) => name)),
    at: fc.nat(),
    kind: fc.constantFrom('drop', 'double', 'swap'),
  });
  fc.assert(
    fc.property(slip, ({ entry, at, kind }) => {
      const { key, section } = entry;
      const i = at % (key.length - 1);
      const [a, b] = [key[i] as string, key[i + 1] as string];
      const middle = { drop: b, double: a + a + b, swap: b + a }[kind] as string;
      const wrong = key.slice(0, i) + middle + key.slice(i + 2);
      fc.pre(!configKeys.has(`${section}.${wrong}`));
      const { problems } = failureOf(`${section}:\n  ${wrong}: 1\n`);
      const problem = problems.find((candidate) => candidate.key === `${section}.${wrong}`);
      assert.equal(problem?.where, 'test.yaml:2:3');
      assert.equal(problem?.suggestion, key);
    }),
    { numRuns: 200 },
  );
});

test('a value of a wrong type is one problem of that key, at its place, whatever the source', () => {
  const wrongValues: Record<string, unknown[]> = {
    text: [5, true, ['a'], { a: 1 }],
    whole: ['x', true, 1.5, ['a'], { a: 1 }],
    bytes: ['x', '5 MB', true, 1.5, ['a']],
    ratio: ['x', true, ['a'], 1.5, -1],
    flag: ['maybe', 5, ['a'], { a: 1 }],
    choice: ['no such choice', true, ['a'], { a: 1 }],
    list: [5, true, { a: 1 }, [5], ['']],
    map: [5, true, 'x', ['a']],
  };
  // The empty pointer is the content itself.
  const pointers: typeof wrongValues = { ...wrongValues, list: [5, true, { a: 1 }, [5], ['text'], ['/~2']] };
  const wrongFor = ({ name, facts }: KeyEntry): unknown[] =>
    (name === 'request.text' ? pointers : wrongValues)[facts.kind] as unknown[];
  const wrong = fc.constantFrom(...entries).chain((entry) =>
    fc.record({
      entry: fc.constant(entry),
      value: fc.constantFrom(...wrongFor(entry)),
    }),
  );
  fc.assert(
    fc.property(wrong, ({ entry, value }) => {
      const inFile = failureOf(`${entry.section}:\n  ${entry.key}: ${JSON.stringify(value)}\n`).problems;
      assert.ok(inFile.length >= 1);
      for (const { key, where } of inFile) {
        assert.equal(key, entry.name);
        assert.match(where, /^test\.yaml:2:\d+$/);
      }
      assert.throws(
        () => loadConfig({ overrides: { [entry.name]: value } }),
        (error) => error instanceof ConfigError && error.problems.every(({ key }) => key === entry.name),
      );
    }),
    { numRuns: 200 },
  );
});

test('what print writes, load reads back as the same configuration', () => {
  const name = fc.stringMatching(/^[A-Za-z0-9._-]{3,20}$/);
  const arbitrary = fc.record({
    'kafka.consumer_group': fc.string({ minLength: 1, maxLength: 20, unit: 'grapheme' }),
    'kafka.topic': fc.uniqueArray(
      name.map((text) => `t-${text}`),
      { minLength: 1, maxLength: 3 },
    ),
    'kafka.batch_size': fc.integer({ min: 1, max: 200 }),
    'kafka.buffer_bytes': fc.integer({ min: 2 ** 20, max: 2 ** 36 }),
    'kafka.dlq_stop_ratio': fc.double({ min: 0, max: 1, noNaN: true }),
    'kafka.delivery': fc.constantFrom('exactly_once', 'at_least_once'),
    'kafka.librdkafka': fc.constantFrom(
      {},
      { 'client.rack': '$r', 'socket.nagle.disable': true, log_level: 3 },
    ),
    'kafka.group_instance_id': fc.option(fc.string({ minLength: 1 }), { nil: undefined }),
    'model.path': fc.constantFrom(
      'a: b',
      '~',
      'null',
      '#x',
      '$HOME',
      '${file:x}',
      '- x',
      '12',
      'true',
      ' a ',
      '"',
    ),
    'model.return_all_scores': fc.boolean(),
  });
  fc.assert(
    fc.property(arbitrary, fc.boolean(), (overrides, origins) => {
      const loaded = loadConfig({ overrides });
      assert.deepEqual(loadYaml(printConfig(loaded, { origins })).config, loaded.config);
    }),
    { numRuns: 100 },
  );
});

test('a value that is or ends with a space of Unicode is printed whole', () => {
  for (const space of ['\u00a0', '\u2003', '\u2028', '\u3000', '\ufeff', ' ']) {
    for (const text of [space, `a${space}`, `${space}a`]) {
      const loaded = loadConfig({ overrides: { 'kafka.consumer_group': text } });
      for (const origins of [false, true]) {
        const again = loadYaml(printConfig(loaded, { origins })).config;
        assert.equal(again.kafka.consumer_group, text, JSON.stringify(text));
      }
    }
  }
});

test('no text makes the loader throw anything but a ConfigError', () => {
  const line = fc.oneof(
    fc.string({ maxLength: 30 }),
    fc.constantFrom(
      'kafka:',
      '  topic: a',
      '  topic: [',
      '- x',
      '? {a: b}',
      '{',
      '&a *a',
      '---',
      '  <<: *a',
      '|',
      '%YAML',
    ),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
      try {
        loadYaml(lines.join('\n'));
      } catch (error) {
        assert.ok(error instanceof ConfigError, String(error));
        for (const { where } of error.problems) assert.match(where, /:\d+:\d+$/);
      }
    }),
    { numRuns: 300 },
  );
});

test('a name is its own best suggestion, and nonsense has none', () => {
  const keys = entries.map(({ key }) => key);
  for (const key of keys) assert.equal(suggest(key, keys), key);
  assert.equal(suggest('zzzzzzzzzzzz', keys), undefined);
});
