/** A stop that takes too long for whoever asked for it: the second signal ends the process where it stands. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { test } from 'node:test';
import { root } from '../../helpers/paths.ts';

for (const [first, second] of [
  ['SIGTERM', 'SIGTERM'],
  ['SIGINT', 'SIGTERM'],
] as const) {
  test(`${first}, then ${second}: the end at once, and not with 0`, async (t) => {
    // A broker that takes connections and never says a word: the start hangs, and so does a stop.
    const silent = createServer((socket) => socket.resume()).listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const settings = {
      'kafka.bootstrap_servers': `127.0.0.1:${(silent.address() as AddressInfo).port}`,
      'model.path': 'null',
      'http.port': '0',
    };
    const set = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${value}`]);
    const child = spawn(process.execPath, [join(root, 'bin/kubesentiment.cjs'), 'consume', ...set], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    t.after(() => {
      child.kill('SIGKILL');
      silent.close();
    });
    const exited = once(child, 'exit');
    const said = text(child.stderr);
    const waitsForBroker = once(silent, 'connection').then(() => true);
    if (!(await Promise.race([waitsForBroker, exited.then(() => false)]))) assert.fail(await said);
    child.kill(first);
    const early = await Promise.race([exited, new Promise((done) => setTimeout(done, 500, 'still there'))]);
    assert.equal(early, 'still there');
    child.kill(second);
    assert.deepEqual(await exited, [130, null]);
  });
}
