import assert from 'node:assert/strict';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TestContext, test } from 'node:test';
import type { KubesentimentError } from '../../../src/errors.ts';
import { rdkafka } from '../../../src/kafka/codes.ts';
import { Refusals } from '../../../src/kafka/handshake.ts';
import { provideToken, tokenFor } from '../../../src/kafka/oauth.ts';

const secret = 'marked secret: 1%';

async function endpoint(t: TestContext, listener: RequestListener): Promise<Record<string, string>> {
  const server = createServer(listener);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  t.after(() => server.close());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/token`;
  const grant = { url, clientId: 'me', clientSecret: secret, scope: 'kafka' };
  return { 'sasl.oauthbearer.config': JSON.stringify(grant) };
}

test('a token is asked for as RFC 6749 says', async (t) => {
  let asked: unknown;
  const properties = await endpoint(t, async (request, response) => {
    let body = '';
    for await (const chunk of request) body += chunk;
    const [kind, credentials] = String(request.headers.authorization).split(' ');
    asked = [request.method, kind, Buffer.from(String(credentials), 'base64').toString(), body];
    response.end('{"access_token":"abc","expires_in":300}');
  });
  assert.equal(await tokenFor(properties), 'abc');
  const credentials = `me:${encodeURIComponent(secret)}`;
  assert.deepEqual(asked, ['POST', 'Basic', credentials, 'grant_type=client_credentials&scope=kafka']);
});

test('whatever the endpoint answers is a token or a sentence, and no sentence holds the secret', async (t) => {
  const answers: [RequestListener, string][] = [
    [(_, response) => response.writeHead(401).end(secret), 'KS_NOT_AUTHORIZED'],
    [(_, response) => response.writeHead(400).end(`{"error":"${secret}"}`), 'KS_NOT_AUTHORIZED'],
    [(_, response) => response.writeHead(503).end(), 'KS_BROKER_UNREACHABLE'],
    [(_, response) => response.writeHead(302, { location: '/elsewhere' }).end(), 'KS_BROKER_UNREACHABLE'],
    [(_, response) => response.end('no JSON'), 'KS_NOT_AUTHORIZED'],
    [(_, response) => response.end('null'), 'KS_NOT_AUTHORIZED'],
    [(_, response) => response.end('{"access_token":7}'), 'KS_NOT_AUTHORIZED'],
    [(_, response) => response.end('{"access_token":""}'), 'KS_NOT_AUTHORIZED'],
    [(_, response) => response.end(' '.repeat(300_000)), 'KS_BROKER_UNREACHABLE'],
    [(request) => request.socket.destroy(), 'KS_BROKER_UNREACHABLE'],
  ];
  for (const [listener, code] of answers) {
    const properties = await endpoint(t, listener);
    await assert.rejects(tokenFor(properties), (error: KubesentimentError) => {
      assert.equal(error.code, code);
      assert.ok(!`${error.stack} ${error.remedy}`.includes(secret));
      return true;
    });
  }
});

test('a client gets its token before it connects, and other logins get none', async (t) => {
  const tokens: string[] = [];
  let disconnect = (): void => assert.fail('not listened to');
  const client = {
    globalConfig: await endpoint(t, (_, response) => response.end('{"access_token":"abc"}')),
    setOauthBearerToken: (token: string) => tokens.push(token),
    once: (_: string, listener: () => void) => {
      disconnect = listener;
    },
  };
  await provideToken(client, () => assert.fail('no warning'));
  assert.deepEqual(tokens, ['abc']);
  disconnect();
  for (const config of [undefined, 'principal=admin']) {
    await provideToken({ ...client, globalConfig: { 'sasl.oauthbearer.config': config } }, assert.fail);
  }
  assert.equal(tokens.length, 1);
});

test('a login that is refused again and again ends the process, one that is refused now and then does not', () => {
  const refusals = new Refusals();
  const thrown = Object.assign(new Error('Local: Authentication failure'), { code: rdkafka.authentication });
  for (let i = 1; i < 8; i++) {
    const refusal = refusals.add(i % 2 === 0 ? thrown : new Error('authentication failure'));
    assert.deepEqual([refusal?.code, refusal?.retryable], ['KS_BROKER_UNREACHABLE', true]);
  }
  assert.equal(refusals.add(new Error('broker transport failure')), undefined);
  assert.equal(refusals.add(new Error('ssl error'))?.code, 'KS_NOT_AUTHORIZED');
});
