/** Commands as people use them: in a pipe, on a terminal, ended with Ctrl-C. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { root } from '../../helpers/paths.ts';

const command = join(root, 'bin/kubesentiment.cjs');
const timeout = 120_000;

test('a reader that has seen enough ends predict quietly', { timeout }, async (t) => {
  const child = spawn(process.execPath, [command, 'predict', '--model', join(root, 'models/accurate')]);
  t.after(() => child.kill('SIGKILL'));
  const exited = once(child, 'exit');
  const said = text(child.stderr);
  child.stdin.on('error', () => undefined); // it ends before it has read everything
  child.stdin.end(Array.from({ length: 50_000 }, (_, line) => `${line}\n`).join(''));
  await once(child.stdout, 'data');
  child.stdout.destroy();
  assert.deepEqual(await exited, [0, null]);
  assert.equal(await said, '');
});

const noTerminal = spawnSync('script', ['--version']).status === 0 ? false : 'there is no script(1)';

/** What a command that fails early prints on a terminal of its own. */
function onTerminal(...args: string[]): string {
  const line = [process.execPath, command, ...args].map((word) => `'${word}'`).join(' ');
  const { stdout } = spawnSync('script', ['-qfec', line, '/dev/null'], { encoding: 'utf8', timeout });
  return stdout;
}

test('consume logs lines for people on a terminal, and JSON where that is configured', {
  skip: noTerminal,
  timeout,
}, () => {
  const set = ['--set', 'kafka.enabled=false', '--set', 'model.path=null', '--set', 'http.port=0'];
  const warned = [
    'consume',
    ...set,
    '--set',
    'kafka.delivery=at_least_once',
    '--set',
    'kafka.batch_size=1000',
  ];
  process.env['KAFKA_TOPICC'] = 'x'; // is warned of before anything starts
  try {
    const stop = ['--set', 'http.host=192.0.2.1', '--set', 'http.token=a-token-of-some-length-0123456789'];
    assert.match(onTerminal(...warned, ...stop), /WARN {2}The configuration is unusual\. \[config_warning\]/);
    const json = onTerminal(...warned, ...stop, '--set', 'logging.format=json');
    assert.match(json, /"event":"config_warning"/);
  } finally {
    delete process.env['KAFKA_TOPICC'];
  }
});

test('a consumer whose HTTP port is taken ends before it asks any broker', { timeout }, async (t) => {
  const taken = createServer().listen(0, '127.0.0.1');
  let connections = 0;
  const broker = createServer((socket) => {
    connections++;
    socket.destroy();
  }).listen(0, '127.0.0.1');
  t.after(() => {
    taken.close();
    broker.close();
  });
  await Promise.all([once(taken, 'listening'), once(broker, 'listening')]);
  const portOf = (server: typeof taken): number => (server.address() as AddressInfo).port;
  const settings = {
    'http.port': portOf(taken),
    'kafka.bootstrap_servers': `127.0.0.1:${portOf(broker)}`,
    'model.path': 'null',
  };
  const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
  const child = spawn(process.execPath, [command, 'consume', ...set], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  t.after(() => child.kill('SIGKILL'));
  const said = text(child.stderr);
  assert.deepEqual(await once(child, 'exit'), [1, null]);
  assert.match(await said, /Cannot listen on 127\.0\.0\.1:\d+ \(EADDRINUSE\)/);
  assert.equal(connections, 0);
});

test('an unreachable broker is named', { timeout }, () => {
  const { status, stderr } = spawnSync(
    process.execPath,
    [command, 'lag', '--set', 'kafka.bootstrap_servers=127.0.0.1:1,127.0.0.1:2'],
    { encoding: 'utf8', timeout },
  );
  assert.equal(status, 1);
  assert.match(stderr, /No broker answers at 127\.0\.0\.1:1,127\.0\.0\.1:2/);
});
