/** The watchdog in a process of its own, whose event loop really stands still. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { root } from '../../helpers/paths.ts';

const TIMEOUT_MS = 500;
const at = (path: string): string => pathToFileURL(join(root, 'dist', path)).href;

const prelude = (format: string): string => `
  import { Watchdog } from '${at('src/watchdog/watchdog.js')}';
  import * as inspector from 'node:inspector';
  const watchdog = new Watchdog({
    timeoutMs: ${TIMEOUT_MS},
    logging: { level: 'info', format: '${format}' },
    onFailure: (error) => { throw error; },
  });
  const spin = (ms) => { for (const from = performance.now(); performance.now() - from < ms;); };
  watchdog.start();
`;

/** Runs a program that has a watchdog. */
async function run(program: string, format = 'json') {
  const args = ['--input-type=module', '--eval', prelude(format) + program];
  const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    log += text;
  });
  const [code, signal] = await once(child, 'close');
  return { ended: (code ?? signal) as number | string, log };
}

const line = (log: string) => JSON.parse(log.split('\n').find((each) => each.startsWith('{')) ?? '{}');

test('a loop that stands still ends the process, and the last line says where', async () => {
  const { ended, log } = await run(`setTimeout(function standStill() { for (;;); }, 50);`);
  assert.equal(ended, 70, log);
  assert.deepEqual(
    [line(log).event, line(log).level, line(log).phase, line(log).in_hand],
    ['event_loop_blocked', 'error', 'none', []],
  );
  assert.match(line(log).where[0], /^standStill \(/);
});

test('the line names the messages in hand, although the loop never turned again', async () => {
  const { ended, log } = await run(`
    watchdog.inHand.begin('decode');
    watchdog.inHand.add({ topic: 'requests', partition: 3 }, 17, 41);
    for (;;);`);
  assert.equal(ended, 70, log);
  assert.deepEqual([line(log).phase, line(log).in_hand], ['decode', ['requests/3 17-41']]);
});

test('a loop that stands still where no debugger can look ends the process too', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'kubesentiment-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const pipe = join(folder, 'pipe'); // nobody writes to it, so opening it takes for ever
  execFileSync('mkfifo', [pipe]);
  const { ended, log } = await run(`
    import { openSync } from 'node:fs';
    setTimeout(() => openSync('${pipe}', 'r'), 50);`);
  assert.equal(ended, 70, log);
  assert.deepEqual(line(log).where, ['native code']);
});

test('with the format pretty it is a line for people', async () => {
  const { log } = await run('for (;;);', 'pretty');
  assert.match(log, /The event loop stands still/);
  assert.ok(!log.startsWith('{'), log);
});

test('a loop that turns is left alone, and the watchdog keeps no process alive', async () => {
  const { ended, log } = await run(`
    const from = performance.now();
    const turn = () => {
      spin(${TIMEOUT_MS / 10});
      if (performance.now() - from < ${4 * TIMEOUT_MS}) setImmediate(turn);
    };
    turn();`);
  assert.equal(ended, 0, log);
  assert.equal(log, '');
});

test('a closed watchdog ends nothing', async () => {
  const { ended, log } = await run(`await watchdog.close(); spin(${4 * TIMEOUT_MS});`);
  assert.equal(ended, 0, log);
});

test('under a debugger nothing is ended', async () => {
  const { ended, log } = await run(`
    inspector.open(0);
    setTimeout(() => { spin(${4 * TIMEOUT_MS}); process.exit(0); }, ${TIMEOUT_MS});`);
  assert.equal(ended, 0, log);
  assert.ok(!log.includes('event_loop_blocked'), log);
});

test('a debugger that already holds the main thread is left alone', async () => {
  const { ended, log } = await run(`
    import { Worker } from 'node:worker_threads';
    // Another session, as a debugger has one, stops the main thread for a while.
    new Worker(\`
      const { Session } = require('node:inspector');
      setInterval(() => undefined, 1_000); // a session alone keeps no thread alive
      const session = new Session();
      session.connectToMainThread();
      session.post('Debugger.enable', () => session.post('Debugger.pause'));
      session.on('Debugger.paused', () => setTimeout(() => session.post('Debugger.resume'), ${4 * TIMEOUT_MS}));
    \`, { eval: true, execArgv: [] }).unref();
    let last = performance.now();
    setInterval(() => {
      const gapMs = performance.now() - last;
      last += gapMs;
      // To exit beside a session makes Node abort at times.
      if (gapMs > ${3 * TIMEOUT_MS}) process.kill(process.pid, 'SIGKILL');
    }, 20);`);
  assert.equal(ended, 'SIGKILL', log); // it was held, and went on
  assert.ok(!log.includes('event_loop_blocked'), log);
});
