import assert from 'node:assert/strict';
import type { LookupAddress } from 'node:dns';
import { type TestContext, test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { limits } from '../../../../src/http/limits.ts';
import { PeerWatch, type PeerWatchOptions } from '../../../../src/http/peers/peer-watch.ts';
import type { PeersReport } from '../../../../src/http/peers/peers-report.ts';
import { freePort } from '../../../helpers/free-port.ts';
import { gate } from '../../../helpers/gate.ts';
import { details, type FakeProcess, fakeProcess, saying, settings } from './fixture.ts';

/** `clock.ms` is moved by the test. Nothing times out on a busy machine, unless the test says so. */
function create(t: TestContext, options: Partial<PeerWatchOptions> & Pick<PeerWatchOptions, 'settings'>) {
  const clock = { ms: 1_000_000 };
  const watch = new PeerWatch({
    self: () => details('self'),
    now: () => clock.ms,
    timeoutMs: 60_000,
    ...options,
  });
  t.after(() => watch.close());
  return { watch, clock };
}

const seen = ({ peers }: PeersReport) =>
  peers.map(({ self, status, figures }) => [self ? 'self' : (figures?.name ?? null), status]);

/** Looks until it is so; the machine may be busy. */
async function until(watch: PeerWatch, isSo: (report: PeersReport) => boolean): Promise<PeersReport> {
  for (;;) {
    const report = await watch.look();
    if (isSo(report)) return report;
    await sleep(10);
  }
}

test('nobody is asked before somebody looks, and nobody more than once a second', async (t) => {
  const peers = [await fakeProcess(t, saying(details('a'))), await fakeProcess(t, saying(details('b')))];
  const { watch, clock } = create(t, { settings: settings(peers.map(({ url }) => url)) });
  const asked = () => peers.map((peer) => peer.asked.length);
  assert.deepEqual(asked(), [0, 0]);
  const looks = await Promise.all([watch.look(), watch.look(), watch.look()]);
  for (const report of looks)
    assert.deepEqual(seen(report), [
      ['self', 'ok'],
      ['host-a', 'ok'],
      ['host-b', 'ok'],
    ]);
  clock.ms += limits.peerIntervalMs - 1;
  const { peers: rows, addresses, total } = await watch.look();
  assert.deepEqual([asked(), addresses, total.processes], [[1, 1], 2, 3]);
  assert.equal(rows[1]?.age_s, (limits.peerIntervalMs - 1) / 1_000);
  clock.ms += 1;
  await watch.look();
  assert.deepEqual(asked(), [2, 2]);
});

test('itself is recognized, whatever address leads to it, and has one row with the link', async (t) => {
  const own = await fakeProcess(t, saying(details('self')));
  const other = await fakeProcess(t, saying(details('a')));
  const twice = `http://localhost:${own.port}`;
  const { watch } = create(t, {
    settings: settings([other.url, own.url, twice]),
    lookup: async () => [{ address: '127.0.0.1', family: 4 }],
  });
  const { peers, total } = await watch.look();
  assert.deepEqual(
    peers.map(({ self, url }) => [self, url]),
    [
      [true, own.url],
      [false, other.url],
    ],
  );
  assert.equal(total.throughput_tps, 100);
});

test('a name is looked up as every program of this machine does', async (t) => {
  const peer = await fakeProcess(t, saying(details('a')));
  const { watch } = create(t, { settings: settings([`http://localhost:${peer.port}`]) });
  const { peers } = await until(watch, ({ peers }) => peers[1]?.status === 'ok');
  assert.equal(peers[1]?.url, `http://localhost:${peer.port}`);
});

test('a process with two addresses has one row: the one that answers', async (t) => {
  const one = await fakeProcess(t, saying(details('a')));
  let isBroken = false;
  const two = await fakeProcess(t, (request, response) => {
    if (isBroken) response.writeHead(500).end();
    else saying(details('a'))(request, response);
  });
  const { watch, clock } = create(t, { settings: settings([two.url, one.url]) });
  assert.deepEqual(
    (await watch.look()).peers.map(({ url }) => url),
    [null, two.url],
  );
  isBroken = true;
  clock.ms += 1_000;
  assert.deepEqual(
    (await watch.look()).peers.map(({ url }) => url),
    [null, one.url],
  );
});

test('a process that stops answering keeps its last figures, with their age and the reason', async (t) => {
  let isBroken = false;
  const peer = await fakeProcess(t, (request, response) => {
    if (isBroken) response.writeHead(502).end();
    else saying(details('a'))(request, response);
  });
  const gone = `http://127.0.0.1:${await freePort()}`;
  const { watch, clock } = create(t, { settings: settings([peer.url, gone]) });
  const first = await watch.look();
  assert.deepEqual(first.peers[2], {
    ...{ self: false, url: gone, status: 'no_answer', age_s: null, figures: null },
    reason: 'Nothing listens there (ECONNREFUSED).',
  });
  isBroken = true;
  clock.ms += 7_000;
  const report = await watch.look();
  const [, row] = report.peers;
  assert.deepEqual([row?.status, row?.reason, row?.age_s], ['no_answer', 'It answers with 502.', 7]);
  assert.equal(row?.figures?.throughput_tps, 50);
  assert.equal(report.total.processes, 1, 'old figures are not added');
  isBroken = false;
  clock.ms += 1_000;
  assert.equal((await until(watch, ({ peers }) => peers[1]?.status === 'ok')).peers[1]?.age_s, 0);
});

test('a slow process holds up nobody, and is asked once at a time', async (t) => {
  const release = gate();
  const slow = await fakeProcess(t, async (request, response) => {
    await release.promise;
    saying(details('slow'))(request, response);
  });
  const quick = await fakeProcess(t, saying(details('quick')));
  const { watch, clock } = create(t, { settings: settings([slow.url, quick.url]) });
  const report = await watch.look();
  assert.deepEqual(seen(report), [
    ['self', 'ok'],
    [null, 'asking'],
    ['host-quick', 'ok'],
  ]);
  clock.ms += 1_000;
  await watch.look();
  assert.deepEqual([slow.asked.length, quick.asked.length], [1, 2]);
  release.resolve();
  await until(watch, ({ peers }) => peers[1]?.status === 'ok');
});

test('one that never answers is given up, and then nobody waits for it', async (t) => {
  const silent = await fakeProcess(t, () => undefined);
  const { watch } = create(t, { settings: settings([silent.url]), timeoutMs: 50 });
  const report = await until(watch, ({ peers }) => peers[1]?.status === 'no_answer');
  assert.equal(report.peers[1]?.reason, `It does not answer within ${limits.peerTimeoutMs / 1_000} s.`);
  assert.ok(silent.asked.length <= 1, 'on a busy machine it is given up before it has heard of it');
});

test('many that never answer keep nobody from being asked who does', { timeout: 60_000 }, async (t) => {
  const good = await fakeProcess(t, saying(details('a')));
  let areSilent = false;
  const bad = await fakeProcess(t, (_, response) => {
    if (!areSilent) response.writeHead(500).end();
  });
  const count = limits.peersInFlightMax + 4;
  const urls = Array.from({ length: count }, (_, i) => `${bad.url}/${i}`);
  const { watch, clock } = create(t, { settings: settings([...urls, good.url]) });
  await until(watch, ({ peers }) => peers.filter(({ status }) => status === 'no_answer').length === count);
  areSilent = true;
  for (let times = 2; times <= 4; times++) {
    clock.ms += limits.peerIntervalMs;
    await until(watch, () => good.asked.length === times);
  }
  assert.ok(bad.asked.length > count, 'they are asked again, too');
});

test('never more than a few are asked at a time, and not more than the limit at all', async (t) => {
  let inFlight = 0;
  let most = 0;
  const release = gate();
  const busy = await fakeProcess(t, async (_request, response) => {
    most = Math.max(most, ++inFlight);
    response.on('close', () => inFlight--);
    await release.promise;
    response.writeHead(500).end();
  });
  const urls = Array.from({ length: limits.peersMax + 3 }, (_, i) => `${busy.url}/${i}`);
  const { watch } = create(t, { settings: settings(urls) });
  const report = await watch.look();
  assert.deepEqual([report.peers.length, report.not_asked, report.addresses], [1 + limits.peersMax, 3, 67]);
  assert.equal(busy.asked.length, limits.peersInFlightMax);
  release.resolve();
  await until(watch, ({ peers }) => peers.slice(1).every(({ status }) => status === 'no_answer'));
  assert.ok(most <= limits.peersInFlightMax, `${most} at a time`);
  assert.equal(busy.asked.length, limits.peersMax);
});

test('what is not one of ours is said to be something else', async (t) => {
  const bodies = ['null', '[]', '{"state":"running"}', '"running"'];
  const others: FakeProcess[] = [];
  for (const body of bodies) others.push(await fakeProcess(t, (_, response) => response.end(body)));
  const { watch } = create(t, { settings: settings(others.map(({ url }) => url)) });
  for (const { reason } of (await watch.look()).peers.slice(1))
    assert.equal(reason, 'Its answer is not that of a service like this one.');
});

test('a load balancer is noticed: nobody can say whose figures those are', async (t) => {
  const ids = ['a', 'b', 'a'];
  const balancer = await fakeProcess(t, (request, response) =>
    saying(details(ids.shift() ?? 'b'))(request, response),
  );
  const { watch, clock } = create(t, { settings: settings([balancer.url]) });
  for (const name of ['host-a', 'host-b']) {
    assert.equal((await watch.look()).peers[1]?.figures?.name, name, 'a restart is none');
    clock.ms += 1_000;
  }
  const [, row] = (await watch.look()).peers;
  assert.deepEqual([row?.status, row?.figures], ['no_answer', null]);
  assert.match(row?.reason ?? '', /load balancer/);
});

test('pods that come and go: what is known of those that stay is kept', async (t) => {
  const peer = await fakeProcess(t, saying(details('a')));
  const at = (address: string): LookupAddress => ({ address, family: 4 });
  let addresses = [at('127.0.0.1'), at('127.0.0.2')];
  const { watch, clock } = create(t, {
    settings: settings([`http://pods:${peer.port}`]),
    lookup: async () => addresses,
  });
  const first = await watch.look();
  assert.equal(first.peers.length, 3);
  addresses = [at('127.0.0.1'), at('127.0.0.3')];
  clock.ms += 10_000;
  const report = await until(watch, ({ peers }) => peers[2]?.url === `http://127.0.0.3:${peer.port}/`);
  assert.equal(report.peers[1]?.figures?.name, 'host-a');
});

test('others are configured while a name is being looked up: those of before do not come back', async (t) => {
  const peer = await fakeProcess(t, saying(details('a')));
  const other = await fakeProcess(t, saying(details('b')));
  const found = gate<readonly LookupAddress[]>();
  let urls = [`http://slow:${peer.port}`];
  const { watch, clock } = create(t, {
    settings: () => ({ urls, token: undefined, caFile: undefined }),
    lookup: () => found.promise,
  });
  const first = watch.look();
  urls = [other.url];
  assert.equal((await watch.look()).peers[1]?.figures?.name, 'host-b');
  found.resolve([{ address: '127.0.0.1', family: 4 }]);
  const names = (await first).peers.map(({ figures }) => figures?.name);
  assert.deepEqual(names, ['host-self', 'host-b']);
  clock.ms += limits.peerIntervalMs;
  await watch.look();
  assert.deepEqual([peer.asked.length, other.asked.length], [0, 2]);
});

test('a token or a file that cannot be used is said, and sends nothing', async (t) => {
  const peer = await fakeProcess(t, saying(details('a')));
  const cases: [object, RegExp][] = [
    [{ token: 'two\nlines' }, /check http\.peers_token and http\.peers_ssl_cafile \(ERR_INVALID_CHAR\)\.$/],
    [{ caFile: '/no/such/file' }, /^The file \/no\/such\/file of http\.peers_ssl_cafile cannot be read\.$/],
  ];
  for (const [more, reason] of cases) {
    const { watch } = create(t, { settings: settings([peer.url], more) });
    assert.match((await watch.look()).peers[1]?.reason ?? '', reason);
  }
  assert.equal(peer.asked.length, 0);
});

test('closing breaks off what is asked, and asks nobody more', async (t) => {
  const silent = await fakeProcess(t, () => undefined);
  const { watch, clock } = create(t, { settings: settings([silent.url]) });
  const looking = watch.look();
  while (silent.asked.length === 0) await sleep(5);
  watch.close();
  assert.equal((await looking).peers[1]?.status, 'no_answer');
  clock.ms += 1_000;
  await watch.look();
  assert.equal(silent.asked.length, 1);
});

test('after a minute without a look everything is forgotten', async (t) => {
  let isBroken = false;
  const peer = await fakeProcess(t, (request, response) => {
    if (isBroken) response.writeHead(502).end();
    else saying(details('a'))(request, response);
  });
  const { watch, clock } = create(t, { settings: settings([peer.url]) });
  await watch.look();
  isBroken = true;
  clock.ms += 60_001;
  const [, row] = (await watch.look()).peers;
  assert.deepEqual([row?.status, row?.figures], ['no_answer', null]);
});
