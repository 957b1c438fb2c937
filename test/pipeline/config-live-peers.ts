/** The keys about the other processes of the group, for config-live.test.ts. */
import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { serve } from '../../src/cli/serve.ts';
import type { PeersReport } from '../../src/http/peers/peers-report.ts';
import { details, fakeProcess, saying } from '../unit/http/peers/fixture.ts';
import { configured, type FileSettings } from './config-rig.ts';
import { createBroker } from './rig.ts';

type Test = Parameters<typeof configured>[0];

/** A service that shows its peers, and a process that it can show. */
async function start(t: Test, before: (url: string) => FileSettings) {
  const peer = await fakeProcess(t, saying(details('other')));
  const { consumer, write } = configured(t, createBroker(1), before(peer.url));
  await consumer.start();
  const { server, url } = await serve(consumer, 0);
  t.after(() => server.stop());
  const look = async () => (await (await fetch(`${url}/api/v1/peers`)).json()) as PeersReport;
  const change = async (settings: FileSettings): Promise<void> => {
    write(settings);
    const { changed } = await consumer.service.configReload.reload();
    assert.deepEqual(
      changed.map(({ key }) => key),
      Object.keys(settings),
    );
  };
  return { peer, look, change };
}

export const peerCases = {
  'http.peers': async (t: Test) => {
    const { peer, look, change } = await start(t, () => ({}));
    assert.deepEqual([(await look()).peers.length, peer.asked.length], [1, 0]);
    await change({ 'http.peers': [peer.url] });
    assert.equal((await look()).peers[1]?.figures?.name, 'host-other');
  },

  'http.peers_token': async (t: Test) => {
    const { peer, look, change } = await start(t, (url) => ({ 'http.peers': [url] }));
    await look();
    assert.equal(peer.asked.at(-1)?.headers.authorization, undefined);
    await change({ 'http.peers_token': 'one-that-they-know' });
    const last = () => peer.asked.at(-1)?.headers.authorization;
    for (; last() === undefined; await sleep(100)) await look();
    assert.equal(last(), 'Bearer one-that-they-know');
  },

  'http.peers_ssl_cafile': async (t: Test) => {
    const before = (url: string) => ({ 'http.peers': [url.replace('http:', 'https:')] });
    const { look, change } = await start(t, before);
    assert.match((await look()).peers[1]?.reason ?? '', /^It does not speak TLS/);
    await change({ 'http.peers_ssl_cafile': '/no/such/file.pem' });
    const reason = async () => (await look()).peers[1]?.reason ?? '';
    while (!/peers_ssl_cafile cannot be read/.test(await reason())) await sleep(100);
  },
};
