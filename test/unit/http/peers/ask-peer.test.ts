import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import { test } from 'node:test';
import { limits } from '../../../../src/http/limits.ts';
import { askPeer, type PeerAccess, PeerError } from '../../../../src/http/peers/ask-peer.ts';
import type { Target } from '../../../../src/http/peers/peer-names.ts';
import { makeAuthority, noOpenssl } from '../../../helpers/certificates.ts';
import { freePort } from '../../../helpers/free-port.ts';
import { temporaryFolder } from '../../../models/directory.ts';
import { fakeProcess, listening, saying } from './fixture.ts';

const token = 'a-token-of-some-length-0123456789';
const at = (base: string): Target => ({ base, url: base });
const never = new AbortController().signal;
const HALF = 'It stops in the middle of its answer.';
const ask = (target: Target, access: PeerAccess = { token: undefined }, signal = never) =>
  askPeer(target, access, signal);

/** The sentence that it fails with. */
async function failure(target: Target, access?: PeerAccess, signal?: AbortSignal): Promise<string> {
  try {
    await ask(target, access, signal);
  } catch (error) {
    assert.ok(error instanceof PeerError, String(error));
    assert.ok(!error.message.includes(token));
    return error.message;
  }
  return assert.fail('it has an answer');
}

test('the details are asked for, with the token, below the path of the address', async (t) => {
  const peer = await fakeProcess(t, saying({ state: 'running' }));
  assert.deepEqual(await ask(at(`${peer.url}/one/`), { token }), { state: 'running' });
  await ask(at(peer.url));
  const seen = peer.asked.map(({ method, url, headers }) => [method, url, headers.authorization]);
  assert.deepEqual(seen, [
    ['GET', '/one/health/details', `Bearer ${token}`],
    ['GET', '/health/details', undefined],
  ]);
});

test('a name is reached at the address that was found for it, and no other', async (t) => {
  const peer = await fakeProcess(t, saying({}));
  const base = `http://no-such-name.invalid:${peer.port}`;
  await ask({ base, url: base, address: { address: '127.0.0.1', family: 4 } });
  assert.equal(peer.asked[0]?.headers.host, `no-such-name.invalid:${peer.port}`);
});

test('a redirect is not followed: the token goes nowhere else', async (t) => {
  const other = await fakeProcess(t, saying({}));
  for (const status of [301, 302, 307, 308]) {
    const peer = await fakeProcess(t, (_request, response) => {
      response.writeHead(status, { location: `${other.url}/health/details` }).end();
    });
    assert.equal(
      await failure(at(peer.url), { token }),
      `It answers with a redirect (${status}), which is not followed.`,
    );
  }
  assert.equal(other.asked.length, 0);
});

test('what an answer says decides what people are told, and none of it is repeated', async (t) => {
  const answers: [RequestListener, string][] = [
    [(_, response) => response.writeHead(401).end(), 'It requires a token (401).'],
    [(_, response) => response.writeHead(404).end('secret'), 'Something else listens there (404).'],
    [(_, response) => response.writeHead(421).end(), 'It does not answer to this host name (421).'],
    [(_, response) => response.writeHead(429).end(), 'It is asked too often (429).'],
    [(_, response) => response.writeHead(500).end('secret'), 'It answers with 500.'],
    [(_, response) => response.end('<html>secret'), 'Its answer is not JSON: something else listens there.'],
    [(_, response) => response.end(''), 'Its answer is not JSON: something else listens there.'],
    // Written to the socket, since versions of Node differ in what they do with answers that end too soon.
    [({ socket }) => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n'), HALF],
    [({ socket }) => socket.end('HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\n{"a"\r\n'), HALF],
    [(request) => request.socket.destroy(), 'It closes the connection (ECONNRESET).'],
  ];
  for (const [answer, sentence] of answers) {
    const peer = await fakeProcess(t, answer);
    assert.equal(await failure(at(peer.url)), sentence);
  }
  const strict = await fakeProcess(t, (_, response) => response.writeHead(401).end());
  assert.equal(await failure(at(strict.url), { token }), 'It refuses the token (401).');
  assert.equal(
    await failure(at(`http://127.0.0.1:${await freePort()}`)),
    'Nothing listens there (ECONNREFUSED).',
  );
});

test('an answer without an end is broken off at its limit', async (t) => {
  let written = 0;
  const peer = await fakeProcess(t, (_, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write(Buffer.alloc(65_536, ' '))) written += 65_536;
    };
    response.on('drain', more).on('error', () => undefined);
    more();
  });
  assert.equal(
    await failure(at(peer.url)),
    `Its answer is longer than ${limits.peerAnswerBytesMax / 1_024} KiB.`,
  );
  assert.ok(written < 100 * limits.peerAnswerBytesMax);
});

test('the signal ends a request at any point: no answer, half a heading, half a body', async (t) => {
  const silent = createTcpServer((socket) => void socket.on('error', () => undefined));
  const half = createTcpServer((socket) => void socket.write('HTTP/1.1 200 OK\r\ncontent-'));
  for (const server of [silent, half]) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    t.after(() => server.close());
  }
  const slow = await fakeProcess(t, (_, response) => void response.write('{'));
  const ports = [silent, half].map((server) => (server.address() as { port: number }).port);
  for (const port of [...ports, slow.port]) {
    const ending = new AbortController();
    const asked = failure(at(`http://127.0.0.1:${port}`), undefined, ending.signal);
    setTimeout(() => ending.abort(), 100);
    assert.equal(await asked, `It does not answer within ${limits.peerTimeoutMs / 1_000} s.`);
  }
});

test('an answer that would change the protocol is an answer: nobody waits for ever', async (t) => {
  const server = createTcpServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  assert.equal(await failure(at(`http://127.0.0.1:${port}`)), 'It answers with 101.');
});

test('what does not speak HTTP is said to be something else', async (t) => {
  const server = createTcpServer((socket) => void socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => server.close());
  const { port } = server.address() as { port: number };
  assert.match(await failure(at(`http://127.0.0.1:${port}`)), /^Something else listens there \(HPE_\w+\)\.$/);
  const plain = await fakeProcess(t, saying({}));
  assert.match(await failure(at(`https://127.0.0.1:${plain.port}`)), /^It does not speak TLS \(\w+\)\.$/);
});

test('with https the certificate has to be right, for the name that is configured', {
  skip: noOpenssl,
}, async (t) => {
  const folder = temporaryFolder(t);
  const authority = makeAuthority(folder, 'ca');
  const ca = readFileSync(authority.certificate);
  const serve = async (names: string) => {
    const { certificate, key } = authority.issue(names.replaceAll(/\W/g, '-'), names);
    const asked: string[] = [];
    const files = { cert: readFileSync(certificate), key: readFileSync(key) };
    const server = createTlsServer(files, (request, response) => {
      asked.push(String(request.headers.authorization));
      response.end('{}');
    });
    return { port: (await listening(t, server as never)).port, asked };
  };
  const address = { address: '127.0.0.1', family: 4 } as const;
  const named = (port: number): Target => {
    const base = `https://peers.example.com:${port}`;
    return { base, url: base, address };
  };
  const right = await serve('DNS:peers.example.com');
  assert.deepEqual(await ask(named(right.port), { token, ca }), {});
  const wrong = await serve('DNS:other.example.com,IP:127.0.0.1');
  assert.equal(
    await failure(named(wrong.port), { token, ca }),
    'Its certificate is not trusted (ERR_TLS_CERT_ALTNAME_INVALID).',
  );
  assert.match(await failure(named(right.port), { token }), /^Its certificate is not trusted \(\w+\)\.$/);
  assert.deepEqual([right.asked.length, wrong.asked.length], [1, 0], 'the token goes to nobody else');
});
