import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { KubesentimentError } from '../../src/errors.ts';
import { createLogger, type LogFields, type LoggerOptions, openSink } from '../../src/log.ts';
import { logEvents } from '../../src/log-events.ts';
import { logsMarkdown } from '../../src/log-markdown.ts';
import { root } from '../helpers/paths.ts';
import { projectFiles } from '../helpers/source-tree.ts';

const noFullDevice = existsSync('/dev/full') ? false : 'no /dev/full';

function captured(options: Partial<LoggerOptions> = {}) {
  const lines: string[] = [];
  const destination = { write: (line: string) => lines.push(line) };
  const logger = createLogger({ level: 'info', format: 'json', destination, ...options });
  return { logger, lines, json: () => lines.map((line) => JSON.parse(line)) };
}

test('a JSON line has level, time, event, id, sentence and fields', () => {
  const { logger, json } = captured();
  logger.info('partitions_assigned', { topic: 't', partitions: [0, 1] });
  const [{ time, ...line }] = json();
  assert.deepEqual(line, {
    level: 'info',
    event: 'partitions_assigned',
    id: 'KS1304',
    topic: 't',
    partitions: [0, 1],
    msg: 'Partitions assigned.',
  });
  assert.match(time, /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
});

test('the level decides what is written', () => {
  const { logger, json } = captured({ level: 'warn' });
  logger.debug('service_started');
  logger.info('service_started');
  logger.warn('config_warning');
  logger.error('service_failed');
  assert.deepEqual(
    json().map(({ level }) => level),
    ['warn', 'error'],
  );
  const silent = captured({ level: 'silent' });
  silent.logger.error('service_failed');
  assert.deepEqual(silent.lines, []);
});

test('our errors come with code and remedy, and only bugs with a stack', () => {
  const { logger, json } = captured();
  const known = new KubesentimentError('KS_TOPIC_MISSING', 'No topic.', { remedy: 'Create it.' });
  logger.error('service_failed', {}, known);
  logger.error('service_failed', {}, new TypeError('oops'));
  logger.error('service_failed', {}, 'a string');
  const [first, second, third] = json();
  assert.deepEqual(first.error, { code: 'KS_TOPIC_MISSING', message: 'No topic. Create it.' });
  assert.equal(second.error.code, 'KS_INTERNAL');
  assert.match(second.error.stack, /TypeError: oops\n/);
  assert.deepEqual(third.error, { code: 'KS_INTERNAL', message: 'a string' });
});

test('texts, keys and secrets are removed even where types did not stop them', () => {
  for (const format of ['json', 'pretty'] as const) {
    const { logger, lines } = captured({ format });
    const fields = {
      text: 'SECRET',
      value: 'SECRET',
      key: 'SECRET',
      metadata: { user: 'SECRET' },
      token: 'SECRET',
    };
    logger.info('dead_letter', { offset: 5, ...fields } as unknown as LogFields);
    assert.doesNotMatch(lines.join(''), /SECRET/);
    assert.match(lines.join(''), /offset/);
  }
});

test('a flood of one event is cut off, counted, and leaves other events alone', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { logger, json } = captured();
  for (let i = 0; i < 1000; i++) logger.warn('dead_letter', { offset: i });
  logger.info('partitions_assigned');
  assert.equal(json().filter(({ event }) => event === 'dead_letter').length, 20);
  assert.equal(json().filter(({ event }) => event === 'partitions_assigned').length, 1);
  now = 10_000;
  t.mock.timers.tick(10_000);
  const last = json().at(-1);
  assert.deepEqual([last.event, last.of, last.lines], ['log_suppressed', 'dead_letter', 980]);
  logger.warn('dead_letter', { offset: 1000 });
  assert.equal(json().at(-1).offset, 1000);
  now = 30_000;
  t.mock.timers.tick(20_000);
  assert.equal(json().filter(({ event }) => event === 'log_suppressed').length, 1);
});

test('an event that goes on and on is written once a minute, with how many there were', (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  let now = 0;
  t.mock.method(performance, 'now', () => now);
  const { logger, json } = captured();
  const tick = (ms: number): void => {
    now += ms;
    t.mock.timers.tick(ms);
  };
  for (; now < 540_000; tick(100)) logger.warn('broker_unreachable');
  const count = (event: string): number => json().filter((line) => line.event === event).length;
  const written = count('broker_unreachable');
  assert.ok(written <= 30, String(written));
  assert.ok(count('log_suppressed') <= 10);
  const suppressed = json().reduce((sum, { lines = 0 }) => sum + lines, 0);
  tick(60_000);
  const all = json().reduce((sum, { lines = 0 }) => sum + lines, 0) + written;
  assert.equal(all, 5_400);
  assert.ok(suppressed > 4_000);
  tick(120_000);
  for (let i = 0; i < 100; i++) logger.warn('broker_unreachable');
  assert.equal(count('broker_unreachable'), written + 20, 'after a rest it begins afresh');
});

test('the pretty form is one line with sentence and fields, safe against forged lines', () => {
  const { logger, lines } = captured({ format: 'pretty' });
  logger.info('model_loaded', { model: 'accurate', threads: 2, path: 'a b\n2026 INFO forged' });
  assert.equal(lines.length, 1);
  assert.match(
    lines[0] as string,
    /^\d\d:\d\d:\d\d\.\d{3} INFO {2}Model loaded\. \[model_loaded\] model=accurate threads=2 /,
  );
  assert.equal((lines[0] as string).indexOf('\n'), (lines[0] as string).length - 1);
  logger.error('service_failed', {}, new KubesentimentError('KS_STATE', 'No.', { remedy: 'Wait.' }));
  assert.match(lines[1] as string, /ERROR .* KS_STATE: No\. Wait\.\n$/);
  logger.error('service_failed', {}, new TypeError('oops'));
  assert.match(lines[2] as string, /KS_INTERNAL: oops\nTypeError: oops\n {4}at /);
});

test('lines that cannot be written are counted, and the rest goes on', { skip: noFullDevice }, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-log-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const [path, file] = [join(folder, 'stderr'), join(folder, 'file')];
  symlinkSync('/dev/full', path);
  let lost = 0;
  const sink = openSink(path, (lines) => {
    lost = lines;
  });
  for (let i = 1; i <= 3; i++) sink.write(`${i}\n`);
  unlinkSync(path);
  symlinkSync(file, path);
  for (let i = 4; i <= 6; i++) sink.write(`${i}\n`); // the fourth is still written to the full device
  await turn();
  assert.equal(lost, 4);
  assert.equal(readFileSync(file, 'utf8'), '5\n6\n');
});

test('a process whose standard error is full goes on', { skip: noFullDevice }, () => {
  const code = `
    const { createLogger } = await import(${JSON.stringify(pathToFileURL(join(root, 'dist/src/log.js')).href)});
    const logger = createLogger({ level: 'info', format: 'json' });
    for (let i = 0; i < 10; i++) logger.info('service_started');
    setTimeout(() => process.stdout.write('went on'), 10);`;
  const full = openSync('/dev/full', 'w');
  try {
    const { status, stdout } = spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      stdio: ['ignore', 'pipe', full],
    });
    assert.deepEqual({ status, stdout: String(stdout) }, { status: 0, stdout: 'went on' });
  } finally {
    closeSync(full);
  }
});

test('event ids are unique and stable in form', () => {
  const ids = Object.values(logEvents).map(([id]) => id);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ids) assert.match(id, /^KS1\d{3}$/);
});

test('docs/logs.md is up to date (npm run docs)', () => {
  assert.equal(readFileSync(join(root, 'docs/logs.md'), 'utf8'), logsMarkdown());
});

test('every event is logged somewhere', () => {
  const code = projectFiles().filter(({ path }) => path.startsWith('src/') && path !== 'src/log.ts');
  const text = code.map((file) => file.text).join('\n');
  const unused = Object.keys(logEvents).filter((event) => !text.includes(`'${event}'`));
  assert.deepEqual(unused, ['log_suppressed', 'log_lost'], 'those the logger writes itself');
});

test('a listener is told of events that are not written, until it ends that', () => {
  const { logger, lines } = captured({ level: 'error' });
  const told: unknown[] = [];
  const end = logger.listen?.((event, fields) => told.push([event, fields]));
  for (let i = 0; i < 100; i++) logger.info('consumer_resumed', { paused: i });
  logger.warn('service_stopped');
  assert.deepEqual([told.length, told[99]], [101, ['consumer_resumed', { paused: 99 }]]);
  assert.deepEqual([told[100], lines], [['service_stopped', {}], []]);
  end?.();
  logger.info('consumer_resumed', { paused: 1 });
  assert.equal(told.length, 101);
});
