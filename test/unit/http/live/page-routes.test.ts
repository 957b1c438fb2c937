import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { root } from '../../../helpers/paths.ts';
import { fakeView, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';

test('every file that the page names is served, without the token, under a strict policy', async (t) => {
  const { call } = await startServer(t, fakeView(), { token });
  const { status, body, headers } = await call('/');
  assert.equal(status, 200);
  assert.match(String(headers['content-type']), /^text\/html/);
  const policy = String(headers['content-security-policy']);
  assert.match(policy, /default-src 'none'/);
  assert.doesNotMatch(policy, /unsafe|\*|https?:/);
  const named = [...body.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path]) => path as string);
  assert.ok(named.length >= 5);
  const seen = new Set<string>();
  for (const path of named) {
    const file = await call(path);
    assert.equal(file.status, 200, path);
    seen.add(path);
    for (const [, other] of file.body.matchAll(/from '\.\/([\w.]+)'/g)) {
      const imported = `/page/${other}`;
      if (!seen.has(imported)) named.push(imported);
      seen.add(imported);
    }
  }
  assert.ok(seen.has('/page/uplot.js'));
  assert.equal((await call('/api/v1/events')).status, 401);
});

test('nothing is inline, and nothing comes from elsewhere', () => {
  const html = readFileSync(join(root, 'src/http/page/index.html'), 'utf8');
  assert.doesNotMatch(html, /<style|style="|\son\w+="|<script(?![^>]*\ssrc=)|https?:\/\//);
});

test('the files are in the package', () => {
  const { files } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  assert.ok(files.includes('src/http/page'));
});

test('http.page: false leaves nothing of it', async (t) => {
  const { call } = await startServer(t, fakeView(), { page: false });
  for (const path of ['/', '/page/app.js', '/api/v1/events'])
    assert.equal((await call(path)).status, 404, path);
  assert.equal((await call('/livez')).status, 200);
});
