import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { test } from 'node:test';
import { limits } from '../../../../src/http/limits.ts';
import { root } from '../../../helpers/paths.ts';
import { fakeView, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';

test('every file that the page refers to is served without the token, under a strict policy', async (t) => {
  const { call } = await startServer(t, fakeView(), { token });
  const { status, body, headers } = await call('/');
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/html/);
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const referenced = [...body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path as string);
  assert.ok(referenced.length >= 5);
  const seen = new Set<string>();
  for (const path of referenced) {
    const file = await call(path);
    assert.equal(file.status, 200, path);
    seen.add(path);
    for (const [, other] of file.body.matchAll(/from '\.\/([\w.]+)'/g)) {
      const imported = `/page/${other}`;
      if (!seen.has(imported)) referenced.push(imported);
      seen.add(imported);
    }
  }
  assert.ok(seen.has('/page/uplot.js'));
  assert.equal((await call('/api/v1/events')).status, 401);
});

test('the page has no inline scripts or styles and loads nothing from other hosts', () => {
  const html = readFileSync(join(root, 'src/http/page/index.html'), 'utf8');
  assert.doesNotMatch(html, /<style|style="|\son\w+="|<script(?![^>]*\ssrc=)|https?:\/\//);
});

test('the files are part of the package', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.ok(files.includes('src/http/page'));
});

test('with http.page: false there is no page and no event stream', async (t) => {
  const { call } = await startServer(t, fakeView(), { page: false });
  for (const path of ['/', '/page/app.js', '/api/v1/events'])
    assert.equal((await call(path)).status, 404, path);
  assert.equal((await call('/livez')).status, 200);
});

test('the event stream has a limit of subscribers, and each gets the history first', async (t) => {
  const { call, port } = await startServer(t, fakeView());
  const sockets: Socket[] = [];
  t.after(() => {
    for (const socket of sockets) socket.destroy();
  });
  for (let i = 0; i < limits.subscribersMax; i++) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [first] = (await once(socket, 'data')) as [Buffer];
    assert.match(
      String(first),
      /^HTTP\/1\.1 200 .*content-type: text\/event-stream.*event: hello\ndata: {/is,
    );
    assert.match(String(first), /x-frame-options: DENY/i);
  }
  const rejected = await call('/api/v1/events');
  assert.deepEqual([rejected.status, rejected.json.error.code], [429, 'HTTP_OVERLOADED']);
  sockets[0]?.destroy();
  for (;;) {
    const socket = connect(port, '127.0.0.1');
    sockets.push(socket);
    socket.write('GET /api/v1/events HTTP/1.1\r\nHost: localhost\r\n\r\n');
    const [response] = (await once(socket, 'data')) as [Buffer];
    if (String(response).startsWith('HTTP/1.1 200')) break;
  }
});
