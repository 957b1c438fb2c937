import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { PeerSettings } from '../../../../src/http/peers/peer-watch.ts';
import { fakeView, startServer } from '../fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const headers = { authorization: `Bearer ${token}` };

/** A process of a group, with a name of its own, that counts how often it is asked for its details. */
function member(name: string) {
  const view = fakeView();
  const asked = { times: 0 };
  const details = () => {
    asked.times++;
    return { ...view.details(), instance: { id: name, name, pid: 1 } };
  };
  return { view: fakeView({ details }), asked };
}

test('without peers there is this process alone, and the answer is as documented', async (t) => {
  const { call } = await startServer(t, fakeView(), { page: false });
  const { status, json } = await call('/api/v1/peers');
  assert.equal(status, 200);
  assert.deepEqual(
    [json.addresses, json.peers.length, json.peers[0].self, json.differences],
    [0, 1, true, []],
  );
  const { paths } = (await call('/api/v1/openapi.json')).json;
  const { schema } = paths['/api/v1/peers'].get.responses['200'].content['application/json'];
  const row = schema.properties.peers.items;
  const figures = row.properties.figures.anyOf[0];
  for (const [shape, found] of [
    [schema, json],
    [row, json.peers[0]],
    [figures, json.peers[0].figures],
    [schema.properties.total, json.total],
  ])
    assert.deepEqual(Object.keys(found).sort(), [...shape.required].sort());
});

test('the same token as its neighbours, and the peers get theirs', async (t) => {
  const other = await startServer(t, member('b').view, { token: `${token}-of-b` });
  const wrong = await startServer(t, member('c').view, { token: `${token}-of-c` });
  const urls = [other, wrong].map(({ port }) => `http://127.0.0.1:${port}`);
  const peers = (): PeerSettings => ({ urls, token: `${token}-of-b`, caFile: undefined });
  const { call } = await startServer(t, member('a').view, { token, peers });
  assert.equal((await call('/api/v1/peers')).status, 401);
  const { json } = await call('/api/v1/peers', { headers });
  assert.deepEqual(
    json.peers.map(({ status, reason }: { status: string; reason: string | null }) => [status, reason]),
    [
      ['ok', null],
      ['ok', null],
      ['no_answer', 'It refuses the token (401).'],
    ],
  );
  assert.ok(!JSON.stringify(json).includes(token));
});

test('two that name each other and themselves: nobody asks in turn', async (t) => {
  const [a, b] = [member('a'), member('b')];
  const urls: string[] = [];
  const peers = (): PeerSettings => ({ urls, token: undefined, caFile: undefined });
  const first = await startServer(t, a.view, { peers, page: false });
  const second = await startServer(t, b.view, { peers, page: false });
  urls.push(...[first, second].map(({ port }) => `http://127.0.0.1:${port}`));
  const { json } = await first.call('/api/v1/peers');
  assert.deepEqual(
    json.peers.map(({ self, url, figures }: { self: boolean; url: string; figures: { name: string } }) => [
      self,
      url,
      figures.name,
    ]),
    [
      [true, urls[0], 'a'],
      [false, urls[1], 'b'],
    ],
  );
  // The answer itself, and one request.
  assert.deepEqual([a.asked.times, b.asked.times], [2, 1]);
  assert.equal((await second.call('/api/v1/peers')).json.peers[0].figures.name, 'b');
});
