/** Requests that two programs could read differently, and clients that take their time. */
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fakeView, startServer } from '../http/fixture.ts';

const HIDDEN = 'GET /hidden HTTP/1.1\r\nHost: localhost\r\n\r\n';
const post = (...headers: string[]): string =>
  [
    'POST /api/v1/predict HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    ...headers,
    '',
    '',
  ].join('\r\n');
const body = '{"text":"fine"}';
const length = `Content-Length: ${body.length}`;

/** Each could hide a second request from a proxy. */
const ambiguous: Readonly<Record<string, string>> = {
  'a length and chunks': `${post(length, 'Transfer-Encoding: chunked')}0\r\n\r\n${HIDDEN}`,
  'chunks and a length': `${post('Transfer-Encoding: chunked', length)}0\r\n\r\n${HIDDEN}`,
  'two lengths': `${post(length, 'Content-Length: 4')}${body}${HIDDEN}`,
  'two equal lengths': `${post(length, length)}${body}${HIDDEN}`,
  'a list of lengths': `${post(`${length}, ${body.length}`)}${body}${HIDDEN}`,
  'a signed length': `${post('Content-Length: +15')}${body}${HIDDEN}`,
  'a length in hexadecimal': `${post('Content-Length: 0xf')}${body}${HIDDEN}`,
  'a length beyond all numbers': `${post('Content-Length: 99999999999999999999999')}${body}`,
  'a folded line': `${post('Transfer-Encoding:', ' chunked')}0\r\n\r\n${HIDDEN}`,
  'a space before the colon': `${post('Transfer-Encoding : chunked')}0\r\n\r\n${HIDDEN}`,
  'an unknown coding': `${post('Transfer-Encoding: chunked, identity')}0\r\n\r\n${HIDDEN}`,
  'chunked twice': `${post('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}0\r\n\r\n${HIDDEN}`,
  'a chunk size that is none': `${post('Transfer-Encoding: chunked')}0x5\r\n{"tex\r\n0\r\n\r\n${HIDDEN}`,
  'only line feeds': `${post(length).replaceAll('\r\n', '\n')}${body}${HIDDEN}`,
  'a NUL in a header': `${post('X-Odd: a\0b', length)}${body}${HIDDEN}`,
  'two hosts': `${post('Host: evil.example', length)}${body}${HIDDEN}`,
};

/** Everything that comes back until the server hangs up. */
async function send(port: number, request: string): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.setEncoding('latin1').on('data', (data) => {
    answer += data;
  });
  socket.on('error', () => undefined);
  socket.end(request, 'latin1');
  await once(socket, 'close');
  return answer;
}

test('a request that can be read in two ways is answered once or not at all', async (t) => {
  const { port, call } = await startServer(t, fakeView());
  for (const [name, request] of Object.entries(ambiguous)) {
    const answer = await send(port, request);
    const statuses = [...answer.matchAll(/HTTP\/1\.1 (\d{3})/g)].map(([, status]) => status);
    assert.ok(!answer.includes('/hidden'), `${name}: ${answer}`);
    assert.ok(
      statuses.length <= 1 && statuses.every((status) => status?.startsWith('4')),
      `${name}: ${answer}`,
    );
  }
  assert.equal((await call('/livez')).status, 200);
});

test('names of prototypes in a body are members like others', async (t) => {
  const { call } = await startServer(t, fakeView());
  const headers = { 'content-type': 'application/json' };
  for (const json of [
    '{"__proto__":{"text":"x"}}',
    '{"constructor":{"prototype":{"text":"x"}}}',
    '{"text":"x","__proto__":{"isAdmin":true}}',
  ]) {
    const { status } = await call('/api/v1/predict', { method: 'POST', headers, body: json });
    assert.ok(status === 400 || status === 200, `${json}: ${status}`);
  }
  assert.equal(Object.hasOwn(Object.prototype, 'isAdmin'), false);
  assert.equal(Object.hasOwn(Object.prototype, 'text'), false);
});
