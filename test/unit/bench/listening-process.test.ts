import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { listeningProcess } from '../../../src/bench/listening-process.ts';

const noProc = existsSync('/proc/net/tcp') ? false : 'no /proc here';

test('who listens on a port is found, and nobody where nobody does', { skip: noProc }, async () => {
  for (const host of ['127.0.0.1', '::1']) {
    const server = createServer();
    const listens = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(0, host, () => resolve(true));
    });
    if (!listens) continue; // a machine without IPv6
    const { port } = server.address() as { port: number };
    const found = listeningProcess(port);
    await new Promise((resolve) => server.close(resolve));
    assert.equal(found, process.pid, host);
    assert.equal(listeningProcess(port), undefined, host);
  }
});
