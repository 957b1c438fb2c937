/** What a network can send to the HTTP port: bytes that are nearly a request. The server answers or hangs up. */
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { fakeView, startServer } from '../http/fixture.ts';
import { cases, damage, MARKED, Random } from './generator.ts';

const token = `${MARKED}-token-of-some-length`;
const body = JSON.stringify({ texts: [`${MARKED} is good`, 'a'] });
const bearer = `Authorization: Bearer ${token}`;
const json = 'Content-Type: application/json';
const lines: readonly (readonly string[])[] = [
  ['GET /metrics HTTP/1.1', 'Host: localhost', 'Authorization: Bearer wrong', 'Connection: close', '', ''],
  ['GET /api/v1/kafka-metrics?x=1 HTTP/1.1', 'Host: localhost', bearer, 'Connection: close', '', ''],
  [
    ...['POST /api/v1/predict HTTP/1.1', 'Host: localhost', bearer, json],
    ...[`Content-Length: ${body.length}`, 'Connection: close', '', body],
  ],
  [
    ...['POST /api/v1/predict HTTP/1.1', 'Host: localhost', json, 'Transfer-Encoding: chunked'],
    ...['Connection: close', '', '5', '{"tex', '0', '', ''],
  ],
  ['GET /health HTTP/1.0', '', ''],
];
const requests = lines.map((request) => Buffer.from(request.join('\r\n')));
/** What is answered without the token: liveness, and the page, which has no figures of its own. */
const open =
  /"status":"ok"|<title>kubesentiment<\/title>|\r\ncontent-type: (text\/css|text\/javascript|image\/svg)/;
/** Sent at once, each on a connection of its own. */
const together = 50;

test('no bytes stop the server, open what the token closes, or come back', async (t) => {
  const predicted: string[] = [];
  const view = fakeView({
    predict: async (texts) => {
      predicted.push(...texts);
      return texts.map(() => ({ label: 'positive', score: 0.5, truncated: false }));
    },
  });
  const logged: string[] = [];
  const log = (event: string, fields?: object): void => void logged.push(event + JSON.stringify(fields));
  const logger = { debug: log, info: log, warn: log, error: log };
  const { port, call } = await startServer(t, view, { token, logger, requestsPerSecond: 1_000_000 });
  const random = new Random('http');
  const statuses = new Set<string>();
  for (let done = 0; done < cases.http; done += together) {
    const inputs = Array.from({ length: together }, () =>
      damage(random, random.pick(requests), random.pick(requests)),
    );
    const answers = await Promise.all(inputs.map((input) => send(port, input)));
    answers.forEach((answer, i) => {
      const shown = `${inputs[i]?.toString('latin1')}\n→ ${answer}`;
      assert.ok(answer === '' || answer.startsWith('HTTP/1.1 '), shown);
      assert.ok(!answer.includes(MARKED), shown);
      const status = answer.slice(9, 12);
      statuses.add(status);
      assert.notEqual(status, '500', shown);
      const hasToken = inputs[i]?.includes(token) === true;
      if (!hasToken && status === '200') assert.match(answer, open, shown);
    });
    assert.equal((await call('/livez')).status, 200);
  }
  for (const status of ['200', '400', '401', '404', '421'])
    assert.ok(statuses.has(status), [...statuses].join());
  assert.ok(predicted.length > 0);
  assert.deepEqual(
    logged.filter((line) => line.includes(MARKED)),
    [],
  );
});

/** All that is answered before the server hangs up; the sender has nothing more to say. */
function send(port: number, bytes: Buffer): Promise<string> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(port, '127.0.0.1', () => socket.end(bytes));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('error', () => undefined); // hanging up is an answer too
    socket.on('close', () => resolve(Buffer.concat(chunks).toString('latin1')));
  });
}
