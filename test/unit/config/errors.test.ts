// biome-ignore-all lint/suspicious/noTemplateCurlyInString: placeholders of the configuration file.
import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { test } from 'node:test';
import { loadConfig } from '../../../src/config/load.ts';
import { ConfigError } from '../../../src/config/problem.ts';
import { failureOf, problemsOf } from './support.ts';

test('an error names place, key, what is wrong, what is allowed and what was meant, with the line', () => {
  const { message, code, exitCode } = failureOf('kafka:\n  delivery: exactly-once\n');
  assert.equal(
    message,
    [
      'The configuration has a problem:',
      'test.yaml:2:13 kafka.delivery: "exactly-once" is not a known value; allowed: exactly_once, at_least_once; ' +
        'did you mean "exactly_once"?',
      '    2 |   delivery: exactly-once',
      '      |             ^',
    ].join('\n'),
  );
  assert.equal(code, 'KS_CONFIG_INVALID');
  assert.equal(exitCode, 2);
  const { problems } = failureOf('kafka: {target_freshness_s: 1m}');
  assert.equal(problems[0]?.allowed, '1 to 86400 s');
});

test('all problems come at once, in the order of the file, then those of other sources', () => {
  const yaml = `
http: {port: 70000, token: short}
kafka:
  batch_sise: 300
  consumer_threads: "8"
  topic: [ok, "not ok", 5]
  max_poll_interval_ms: 25000
  max_retries: -1
modle:
  path: x
`;
  const env = { LOGGING_LEVEL: 'loud' };
  assert.deepEqual(problemsOf(yaml, { env, overrides: { 'kafka.nope': 1 } }), [
    'test.yaml:2:14 http.port',
    'test.yaml:2:28 http.token',
    'test.yaml:4:3 kafka.batch_sise',
    'test.yaml:5:21 kafka.consumer_threads',
    'test.yaml:6:15 kafka.topic',
    'test.yaml:6:25 kafka.topic',
    'test.yaml:7:25 kafka.max_poll_interval_ms',
    'test.yaml:8:16 kafka.max_retries',
    'test.yaml:9:1 modle',
    'command line kafka.nope',
    'env LOGGING_LEVEL logging.level',
  ]);
});

test('an object is checked as a file is', () => {
  const settings = { kafak: { topic: 'a' }, kafka: { batch_sise: 1, batch_size: 0 }, model: 'x' };
  assert.throws(
    () => loadConfig({ settings: settings as never }),
    (error) => {
      assert.ok(error instanceof ConfigError);
      assert.deepEqual(
        error.problems.map(({ where, key, suggestion }) => [where, key, suggestion]),
        [
          ['settings', 'kafak', 'kafka'],
          ['settings', 'model', undefined],
          ['settings', 'kafka.batch_sise', 'kafka.batch_size'],
          ['settings', 'kafka.batch_size', undefined],
        ],
      );
      return true;
    },
  );
});

test('unknown keys and sections get the one that was meant', () => {
  const meant = (yaml: string) => failureOf(yaml).problems.map(({ suggestion }) => suggestion);
  assert.deepEqual(meant('kafka: {batch_sise: 1}'), ['batch_size']);
  assert.deepEqual(meant('kafka: {batchSize: 1}'), ['batch_size']);
  assert.deepEqual(meant('kafka: {session.timeout.ms: 1}'), ['session_timeout_ms']);
  assert.deepEqual(meant('kafka: {max_length: 1}'), ['model.max_length']);
  assert.deepEqual(meant('batch_size: 1'), ['kafka.batch_size']);
  assert.deepEqual(meant('kafak: {}'), ['kafka']);
  assert.deepEqual(meant('kafka: {frobnicate: 1}'), [undefined]);
});

test('a wrong type says what was expected, what came and how to mend it', () => {
  const message = (yaml: string) => failureOf(yaml).problems.map((problem) => problem.message)[0];
  const cascade = (members: string) => message(`model: {cascade: {${members}}}`);
  assert.equal(cascade('path: a'), 'has no below');
  assert.equal(cascade('path: a, below: 2'), 'below: 2 is too large');
  assert.equal(cascade('path: a, below: low'), 'below: expected a number, got the text "low"');
  assert.equal(cascade('path: a, below: 0.9, above: 1'), 'has an unknown member above');
  assert.equal(message('kafka: {batch_size: many}'), 'expected a whole number, got the text "many"');
  assert.equal(message('kafka: {batch_size: 1.5}'), 'expected a whole number, got the number 1.5');
  assert.equal(message('kafka: {batch_size: [1]}'), 'expected a whole number, got a list');
  assert.equal(message('kafka: {batch_size: .nan}'), 'expected a whole number, got the number NaN');
  assert.equal(message('kafka: {enabled: 1}'), 'expected true or false, got the number 1');
  assert.equal(
    message('kafka: {consumer_group: 42}'),
    'expected text, got the number 42; write it in quotes',
  );
  assert.equal(message('kafka: {consumer_group: ""}'), 'is empty');
  assert.equal(message('kafka: {topic: []}'), 'the list is empty');
  assert.equal(message('kafka: {topic: [a, a]}'), 'contains something twice');
  assert.equal(message('kafka: {topic: {a: b}}'), 'expected a list, got names with values');
  assert.equal(message('kafka: {librdkafka: x}'), 'expected names with values, got the text "x"');
  assert.equal(message('kafka:\n  batch_size:\n'), 'has no value; delete the line to get the default');
  assert.match(message('kafka: 3') as string, /must contain keys/);
  assert.match(message('- 3') as string, /must consist of the sections/);
});

test('broken YAML is an error with its place, and nothing else is guessed from it', () => {
  const first = (yaml: string) => failureOf(yaml, { env: { KAFKA_SECURITY_PROTOCOL: 'SASL_SSL' } }).problems;
  const cases: [yaml: string, where: string, message: RegExp][] = [
    ['kafka:\n  topic: a\n  topic: b\n', 'test.yaml:3:3', /second time/],
    ['kafka:\n\ttopic: a\n', 'test.yaml:2:1', /tab/],
    ['kafka:\n  topic: "a\n', 'test.yaml:3:1', /quote is never closed/],
    ['kafka:\n  sasl_plain_password: !x\n', 'test.yaml:2:24', /needs quotes/],
    ['kafka:\n  sasl_plain_password: *x\n', 'test.yaml:2:24', /needs quotes/],
    ['kafka:\n  sasl_plain_password: @x\n', 'test.yaml:2:24', /needs quotes/],
    ['a: 1\n---\nb: 2\n', 'test.yaml:2:1', /second document/],
  ];
  for (const [yaml, where, message] of cases) {
    const problems = first(yaml);
    assert.equal(problems[0]?.where, where, yaml);
    assert.match(problems[0]?.message as string, message, yaml);
    assert.ok(
      problems.every(({ key }) => key === ''),
      'no rule is applied to what could not be read',
    );
  }
});

test('monstrous files are errors, not crashes', () => {
  assert.match(failureOf('['.repeat(100_000)).message, /nested too deeply|not valid YAML/);
  const levels = 'abcdefghij'.split('').map((name, i, all) => {
    const inner = i === 0 ? '1' : `*${all[i - 1]}`;
    return `${name}: &${name} [${Array(9).fill(inner).join(', ')}]`;
  });
  assert.match(failureOf(levels.join('\n')).message, /too large/);
  assert.deepEqual(problemsOf('\n? {a: b}'), ['test.yaml:2:3 (a key that is not text)']);
  assert.deepEqual(problemsOf('\nkafka: 1'), ['test.yaml:2:8 kafka']);
  assert.match(failureOf(`# ${'x'.repeat(1_100_000)}`).message, /larger than 1 MiB/);
  assert.deepEqual(problemsOf('kafka: {__proto__: 1, constructor: 2}'), [
    'test.yaml:1:9 kafka.__proto__',
    'test.yaml:1:23 kafka.constructor',
  ]);
});

test('a file that cannot be read says why', () => {
  const message = (file: string) => {
    try {
      loadConfig({ file });
    } catch (error) {
      assert.ok(error instanceof ConfigError);
      return error.problems[0]?.message;
    }
    return undefined;
  };
  assert.match(message('/no/such/file.yaml') as string, /no such file.*config init/);
  assert.match(message(tmpdir()) as string, /is a directory/);
});

test('what cannot be filled in is an error that names the variable or the file', () => {
  const message = (value: string) => failureOf(`kafka:\n  consumer_group: ${value}\n`).problems[0]?.message;
  assert.match(message('$NOT_SET') as string, /environment variable NOT_SET is not set/);
  assert.match(message('${NOT_SET}') as string, /environment variable NOT_SET is not set/);
  assert.match(message('${file:missing.txt}') as string, /cannot read the file missing.txt \(ENOENT\)/);
  assert.match(message('"${not a name}"') as string, /braces after "\$" must contain/);
});
