/** Processes that answer in all the ways that there are, and what they say of themselves. */
import { createServer, type IncomingMessage, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { TestContext } from 'node:test';
import type { PeerSettings } from '../../../../src/http/peers/peer-watch.ts';

/** What /health/details answers. */
export function details(id: string, overrides: object = {}): Record<string, unknown> {
  return {
    status: 'ok',
    checks: [{ name: 'running', ok: true }],
    state: 'running',
    instance: { id, name: `host-${id}`, pid: 1 },
    consumerGroup: 'group',
    uptimeSeconds: 100,
    build: { version: '1.0.0', model: 'default', modelVersion: 'abc' },
    configFingerprint: 'f1',
    load: { throughputTps: 50, processingP99Ms: 40, inflightMessages: 7 },
    partitions: [
      { topic: 'a', partition: 0, lagMessages: 3, lagSeconds: 1.5, paused: false },
      { topic: 'a', partition: 1, lagMessages: 4, lagSeconds: 0.5, paused: true },
    ],
    ...overrides,
  };
}

export interface FakeProcess {
  readonly url: string;
  readonly port: number;
  /** Everything that it was asked. */
  readonly asked: IncomingMessage[];
}

/** Listens on a free loopback port until the test is over. */
export async function fakeProcess(t: TestContext, answer: RequestListener): Promise<FakeProcess> {
  const asked: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    asked.push(request);
    answer(request, response);
  });
  const { url, port } = await listening(t, server);
  return { url, port, asked };
}

export async function listening(t: TestContext, server: Server): Promise<{ url: string; port: number }> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, port };
}

export function saying(body: unknown): RequestListener {
  return (_request, response) => void response.end(JSON.stringify(body));
}

export function settings(urls: readonly string[], more: Partial<PeerSettings> = {}): () => PeerSettings {
  return () => ({ urls, token: undefined, caFile: undefined, ...more });
}
